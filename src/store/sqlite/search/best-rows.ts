/** Keeps the first few of many rows in an order, as they come by. */
export class BestRows {
  readonly #most: number
  /** Negative if the first row comes before the second. */
  readonly #compare: (a: number, b: number) => number
  /** A heap with the last of the kept rows on top. */
  readonly #rows: number[] = []

  constructor(most: number, compare: (a: number, b: number) => number) {
    this.#most = most
    this.#compare = compare
  }

  offer(row: number): void {
    const rows = this.#rows
    if (rows.length < this.#most) {
      rows.push(row)
      this.#rise(rows.length - 1)
    } else if (rows.length > 0 && this.#compare(row, rows[0]!) < 0) {
      rows[0] = row
      this.#sink()
    }
  }

  /** In order. */
  sorted(): number[] {
    return this.#rows.toSorted(this.#compare)
  }

  #rise(from: number): void {
    const rows = this.#rows
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1
      if (this.#compare(rows[above]!, rows[at]!) >= 0) return
      ;[rows[above], rows[at]] = [rows[at]!, rows[above]!]
      at = above
    }
  }

  #sink(): void {
    const rows = this.#rows
    for (let at = 0; ; ) {
      let below = 2 * at + 1
      if (below >= rows.length) return
      if (below + 1 < rows.length && this.#compare(rows[below]!, rows[below + 1]!) < 0) below++
      if (this.#compare(rows[at]!, rows[below]!) >= 0) return
      ;[rows[below], rows[at]] = [rows[at]!, rows[below]!]
      at = below
    }
  }
}
