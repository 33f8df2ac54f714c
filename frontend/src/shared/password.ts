/** The rules of a password, shown while one types. The server has the last word. */
export interface PasswordRule {
  key: 'length' | 'mixed' | 'different' | 'repeat'
  kept: boolean
}

export function passwordRules(oldPassword: string, newPassword: string, repeated: string): PasswordRule[] {
  return [
    { key: 'length', kept: newPassword.length >= 8 },
    { key: 'mixed', kept: /[a-zA-Z]/.test(newPassword) && /\d/.test(newPassword) },
    { key: 'different', kept: newPassword !== '' && newPassword !== oldPassword },
    { key: 'repeat', kept: newPassword !== '' && newPassword === repeated },
  ]
}
