/** `GET /api/audit`: what requests changed, and what was refused, the newest first; docs/operate/audit.md. */

export interface AuditAnswer {
  readonly records: readonly AuditRecordAnswer[]
}

export interface AuditRecordAnswer {
  /** ISO 8601, UTC. */
  readonly at: string
  /** Absent where the signature was not accepted. */
  readonly user?: string
  readonly accessKeyId?: string
  readonly sourceIp: string
  readonly userAgent?: string
  /** As in `batch:SubmitJob`. */
  readonly action?: string
  readonly operation?: string
  readonly resources?: readonly string[]
  readonly moreResources?: number
  /** The policy that was attached, the user who joined a group. */
  readonly mentioned?: string
  /** The id of the job, the ARN of what was created. */
  readonly made?: string
  readonly httpStatus: number
  readonly code?: string
  readonly message?: string
  readonly requestId: string
  readonly refusalsLeftOut?: number
}
