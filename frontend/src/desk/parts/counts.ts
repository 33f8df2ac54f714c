/** How many there are, for people. */

/** As "1,204", or "10,000+" where the server stopped counting; digits are grouped alike in both languages. */
export function countText(total: number, isMore = false): string {
  return total.toLocaleString('en') + (isMore ? '+' : '')
}
