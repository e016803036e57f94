/**
 * `GET /api/access/explain`: whether a user may do something, and which statement of which policy
 * says so; docs/operate/access.md.
 */

export interface AccessAnswer {
  readonly user: string
  /** As in `batch:SubmitJob`. */
  readonly action: string
  /** An ARN, or `*`. */
  readonly resource: string
  /** `denied`: a statement denies it. `notAllowed`: none allows it. */
  readonly decision: 'allowed' | 'denied' | 'notAllowed'
  /** The statement that decided; absent where none did. */
  readonly by?: { readonly policy: string; readonly statement: string }
  /** Whose the resource is, where it exists and is somebody's. */
  readonly owner?: string
  /** The decision, then what came near to allowing it: sentences without their full stops. */
  readonly text: readonly string[]
}
