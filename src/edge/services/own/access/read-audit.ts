/** `GET /api/audit?user=…&action=…&refused=true&limit=…`: the audit, the newest first; docs/operate/audit.md. */
import { limits } from '../../../../model/limits.ts'
import { refuse } from '../../../../model/refusal.ts'
import type { AuditAnswer } from '../../../../wire/audit.ts'
import { defineOwnOperation } from '../own-operation.ts'

interface Input {
  readonly user?: string
  readonly action?: string
  /** `true`: only what was refused. */
  readonly refused?: string
  /** Default and most: `limits.auditRecordsShown`. */
  readonly limit?: string
}

export const readAudit = defineOwnOperation<Input, AuditAnswer>('ReadAudit', {
  summary: 'What requests changed, and what was refused',
  answers: 'AuditAnswer',
  query: {
    user: 'only requests of this user',
    action: 'only requests for this action',
    refused: '`true`: only what was refused',
    limit: 'how many records',
  },
  method: 'GET',
  path: '/api/audit',
  longRead: 'search',
  async handle({ user, action, refused, limit = String(limits.auditRecordsShown) }, { backend }) {
    const count = /^[0-9]{1,6}$/.test(limit) ? Number(limit) : 0
    if (count < 1 || count > limits.auditRecordsShown)
      return refuse(`limit must be between 1 and ${limits.auditRecordsShown}.`)
    return { records: await backend.audit.read({ user, action, refused: refused === 'true', limit: count }) }
  },
})
