/** What the process that writes versions until it is killed and the one that watches it both know. */
import type { ObjectFailpoint } from './failpoints.ts'

/** A version, from the newest on. Without an id of its content it is a delete marker. */
export interface SeenVersion {
  readonly versionId: string
  readonly id: number | null
}

export interface SeenKey {
  readonly key: string
  readonly versions: readonly SeenVersion[]
  /** The version that is the latest by the listing, and is read without an id if it is no marker. */
  readonly latest: string | undefined
}

export type VersionWork =
  | { readonly kind: 'put' | 'complete'; readonly key: string; readonly id: number }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'remove'; readonly key: string; readonly versionId: string }

export interface VersionOrder {
  readonly folder: string
  readonly seed: number
  readonly failpoint: ObjectFailpoint | undefined
  readonly count: number
  readonly firstId: number
  readonly state: 'Enabled' | 'Suspended'
  /** Without any the process only looks, and ends. */
  readonly keys: readonly string[]
  /** Removals that were under way: the client tries again. */
  readonly again: readonly VersionWork[]
}

export type VersionLine =
  | { readonly kind: 'found'; readonly keys: readonly SeenKey[] }
  | { readonly kind: 'begin'; readonly work: VersionWork }
  | { readonly kind: 'end'; readonly key: string; readonly versionId: string }
