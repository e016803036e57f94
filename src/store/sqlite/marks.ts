/**
 * Writes a mark, a number higher than any before, into the database whenever SQLite has begun its
 * log anew, and reports it once it is durable. A database whose mark is lower than the last
 * reported one has lost its log (see log-watch.ts).
 */
import type { LogWatch } from './log-watch.ts'
import type { SettingTable } from './setting-table.ts'

/** The setting that holds the number of the last mark. */
export const markSetting = 'mark'

/** The object of a mark: one opening of the database. */
interface Marked {
  readonly settings: SettingTable
  readonly watch: LogWatch
}

export class Marks {
  readonly #tell: ((number: number) => void) | undefined
  #number: number
  #isDue: boolean

  /** `number` is the last mark so far. Without `tell`, nothing is marked. */
  constructor(number: number, tell: ((number: number) => void) | undefined) {
    this.#number = number
    this.#tell = tell
    this.#isDue = tell !== undefined
  }

  /** Whether the database holds the last mark. */
  isIn({ settings }: Pick<Marked, 'settings'>): boolean {
    return Number(settings.get(markSetting) ?? 0) >= this.#number
  }

  /** For a database that was just opened. Throws if the mark could not be written. */
  begin(marked: Marked): void {
    if (this.#isDue) this.#write(marked)
  }

  /**
   * Called after a write, which is durable whether or not the mark succeeds. If the mark fails, the
   * next write makes up for it.
   */
  afterWrite(marked: Marked): void {
    if (!this.#tell) return
    try {
      if (marked.watch.hasBegunAnew()) this.#isDue = true
      if (this.#isDue) this.#write(marked)
    } catch {
      // The next write tries again, and reports what is wrong with the disk.
    }
  }

  #write({ settings, watch }: Marked): void {
    const number = this.#number + 1
    settings.put(markSetting, String(number))
    this.#number = number
    this.#isDue = false
    watch.hasBegunAnew()
    this.#tell?.(number)
  }
}
