/** The values of one tag, by the numbers of the texts of tags. Kept, because finding them takes long. */
import { tagValue } from '../../search/job-search.ts'
import type { Dictionary } from './dictionary.ts'

export class TagValues {
  readonly #key: string
  readonly #ids = new Map<string | null, number>()
  readonly values: (string | null)[] = []
  readonly groupOfText: number[] = []

  constructor(key: string) {
    this.#key = key
  }

  /** Looks at texts that are new since the last time. */
  update({ texts }: Dictionary): void {
    for (let id = this.groupOfText.length; id < texts.length; id++)
      this.groupOfText.push(this.#groupOf(tagValue(texts[id]!, this.#key)))
  }

  #groupOf(value: string | null): number {
    const known = this.#ids.get(value)
    if (known !== undefined) return known
    this.#ids.set(value, this.values.length)
    return this.values.push(value) - 1
  }
}
