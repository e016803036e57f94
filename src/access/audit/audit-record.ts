/** One line of the audit: who asked for what, from where, on what, and what came of it. Holds nothing that a request carried beside. */

export interface AuditRecord {
  /** ISO 8601, UTC. */
  readonly at: string
  /** The user's name; absent where the signature was not accepted. */
  readonly user?: string
  /** The key that the request named, also where its signature was not accepted. */
  readonly accessKeyId?: string
  readonly sourceIp: string
  readonly userAgent?: string
  /** As in `batch:SubmitJob`; absent where the request was refused before it was understood. */
  readonly action?: string
  readonly operation?: string
  /** ARNs, or `*`: the first `resourcesKept`. */
  readonly resources?: readonly string[]
  /** Resources beyond those. */
  readonly moreResources?: number
  /** What the call was about beside them: the policy that was attached, the user who joined a group. */
  readonly mentioned?: string
  /** What the call made: the id of the job, the ARN of what was created. */
  readonly made?: string
  readonly httpStatus: number
  /** Of a refusal: AWS's code and text. */
  readonly code?: string
  readonly message?: string
  readonly requestId: string
  /** Refusals since the last that was recorded, which came too fast to be recorded one by one. */
  readonly refusalsLeftOut?: number
}

export const resourcesKept = 10
const longestText = 1024

/** A text that a client chose, cut to a length that a line can bear. */
export function kept(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`
}
