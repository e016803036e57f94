/** How long to wait before try number `n` (from 0): doubles from `firstMs` up to `mostMs`. */
export function backoffMs(n: number, firstMs = 100, mostMs = 5_000): number {
  // 2 ** n overflows long before n does.
  return Math.min(firstMs * 2 ** Math.min(n, 20), mostMs)
}
