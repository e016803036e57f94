/** `POST /api/buckets/reread`; docs/use/objects.md. */
export interface BucketsAnswer {
  /** The buckets of `openbatch bucket add` that are served now. */
  readonly served: readonly string[]
  readonly refused: readonly { readonly name: string; readonly why: string }[]
}
