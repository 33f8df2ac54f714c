/** The rules of a password, shown while one types. The server has the last word. */
export interface PasswordRule {
  key: 'length' | 'mixed' | 'different' | 'repeat'
  kept: boolean
}

const KINDS = [/[a-zA-Z]/, /\d/, /[^a-zA-Z0-9]/]

export function passwordRules(oldPassword: string, newPassword: string, repeated: string): PasswordRule[] {
  return [
    { key: 'length', kept: newPassword.length >= 8 },
    { key: 'mixed', kept: KINDS.filter((kind) => kind.test(newPassword)).length >= 2 },
    { key: 'different', kept: newPassword !== '' && newPassword !== oldPassword },
    { key: 'repeat', kept: newPassword !== '' && newPassword === repeated },
  ]
}
