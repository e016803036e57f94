/** What the process that is killed and the one that looks afterwards both know. */

/** Null: there is no object. */
export type StateOfKey = { readonly id: number; readonly tags: number } | null

export type CrashStep =
  | { readonly kind: 'begin'; readonly key: string; readonly becomes: StateOfKey }
  | { readonly kind: 'end'; readonly key: string }

/** Of various sizes, and known by its id. */
export function contentOf(id: number): string {
  return `${id}:`.repeat(3 + ((id * 7919) % 2000))
}

/** Where the two parts of an uploaded object begin and end: some first parts are the shorter ones. */
export function cutsOf(content: string): readonly [from: number, to: number][] {
  const cut = content.length % 3 === 0 ? 5 : Math.ceil(content.length / 2)
  return [
    [0, cut],
    [cut, content.length],
  ]
}
