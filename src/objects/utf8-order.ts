/**
 * Compares texts as their UTF-8 bytes, which is the order of listings. JavaScript compares UTF-16
 * units, where characters beyond U+FFFF come before those from U+E000.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (x !== y) return inOrder(x) - inOrder(y)
  }
  return a.length - b.length
}

function inOrder(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
