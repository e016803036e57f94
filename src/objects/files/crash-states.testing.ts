/** What the process that is killed and the one that watches it both know. */
import type { Part } from '../object-store.ts'
import type { ObjectFailpoint } from './failpoints.ts'

/** Null: there is no object. */
export type StateOfKey = {
  /** Which content it has. */
  readonly id: number
  /** Whether there are metadata and tags, of the same id. */
  readonly isDescribed: boolean
} | null

export type CrashWork = 'put' | 'complete' | 'copy' | 'delete'

/** What the process is to do. */
export interface CrashOrder {
  readonly folder: string
  readonly seed: number
  /** It kills itself when it passes this one for the `count`th time. */
  readonly failpoint: ObjectFailpoint | undefined
  readonly count: number
  /** Whether it may do so while it starts. */
  readonly whileStarting: boolean
  readonly firstId: number
  /** These are looked at, besides those that are listed. */
  readonly keys: readonly string[]
  /** The keys of each writer. Without any, the process only looks, and ends. */
  readonly writers: readonly (readonly string[])[]
  readonly uploads: readonly StartedUpload[]
}

/** An upload whose parts were acknowledged. */
export interface StartedUpload {
  readonly key: string
  readonly id: number
  readonly uploadId: string
  readonly parts: readonly Part[]
}

/** What the process says, a line each. */
export type CrashLine =
  | { readonly kind: 'found'; readonly states: readonly (readonly [key: string, state: StateOfKey])[] }
  | { readonly kind: 'listed'; readonly objects: readonly (readonly (string | number)[])[] }
  | { readonly kind: 'begin'; readonly work: CrashWork; readonly key: string; readonly becomes: StateOfKey }
  | { readonly kind: 'uploaded'; readonly upload: StartedUpload }
  | { readonly kind: 'end'; readonly key: string }

/** Of various sizes, and known by its id. */
export function contentOf(id: number): string {
  return `${id}:`.repeat(3 + ((id * 7919) % 2000))
}

/** Undefined if the content is not whole. */
export function idOf(content: string): number | undefined {
  const id = Number.parseInt(content, 10)
  return content === contentOf(id) ? id : undefined
}

/** Where the two parts of an uploaded object begin and end: some first parts are the shorter ones. */
export function cutsOf(content: string): readonly [from: number, to: number][] {
  const cut = content.length % 3 === 0 ? 5 : Math.ceil(content.length / 2)
  return [
    [0, cut],
    [cut, content.length],
  ]
}

export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * limit)
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!
  }
}
