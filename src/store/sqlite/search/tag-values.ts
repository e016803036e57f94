/** The values of one tag, by the numbers of the texts of tags. Kept, because finding them takes long. */
import { tagValue } from '../../search/job-search.ts'
import type { Dictionary } from './dictionary.ts'
import type { TextPace } from './text-pace.ts'

export class TagValues {
  readonly #key: string
  readonly #ids = new Map<string | null, number>()
  readonly values: (string | null)[] = []
  readonly groupOfText: number[] = []

  constructor(key: string) {
    this.#key = key
  }

  /** Looks at texts that are new since the last time, and keeps what it found if `pace` throws. */
  update({ texts }: Dictionary, pace: TextPace): void {
    for (let id = this.groupOfText.length; id < texts.length; id++) {
      const text = texts[id]!
      pace(text)
      this.groupOfText.push(this.#groupOf(tagValue(text, this.#key)))
    }
  }

  #groupOf(value: string | null): number {
    const known = this.#ids.get(value)
    if (known !== undefined) return known
    this.#ids.set(value, this.values.length)
    return this.values.push(value) - 1
  }
}
