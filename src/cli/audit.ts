/** `openbatch audit`: what requests changed, and what was refused, the newest last. */
import { type Command, InvalidArgumentError } from 'commander'
import type { AuditAnswer, AuditRecordAnswer } from '../wire/audit.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { printable, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly of?: string
  readonly action?: string
  readonly refused?: true
  readonly limit: number
  readonly json?: true
}

export function buildAudit(verb: Command, terminal: Terminal): void {
  verb
    .option('--of <user>', 'only requests by this user')
    .option('--action <action>', 'only this action, as in batch:SubmitJob')
    .option('--refused', 'only what was refused')
    .option('--limit <count>', 'list this many of the newest', positive, 100)
    .option('--json', 'print one line of JSON for each')
  addCallOptions(verb).action(async ({ of, action, refused, limit, json, ...options }: Options) => {
    const query = new URLSearchParams({
      ...{ limit: String(limit) },
      ...(of === undefined ? {} : { user: of }),
      ...(action === undefined ? {} : { action }),
      ...(refused ? { refused: 'true' } : {}),
    })
    const { records } = (await callServer(terminal, options, 'GET', `/api/audit?${query}`)) as AuditAnswer
    for (const record of records.toReversed())
      terminal.write(`${json ? JSON.stringify(record) : printable(lineOf(record))}\n`)
  })
}

function lineOf(record: AuditRecordAnswer): string {
  const { at, user, accessKeyId, sourceIp, action, resources = [], moreResources = 0, mentioned, made } = record
  const who = user ?? `nobody known${accessKeyId === undefined ? '' : ` (key ${accessKeyId})`}`
  const what = action === undefined ? '' : ` ${action} on ${resources.join(', ')}`
  const more = moreResources > 0 ? ` and ${moreResources} more` : ''
  const beside = mentioned === undefined ? '' : ` (${mentioned})`
  const result = resultOf(record)
  const leftOut = record.refusalsLeftOut === undefined ? '' : ` (and ${record.refusalsLeftOut} refusals before it)`
  return `${at} ${who} from ${sourceIp}${what}${more}${beside}: ${result}${made === undefined ? '' : `, ${made}`}${leftOut}`
}

function resultOf({ httpStatus, code = '', message = '' }: AuditRecordAnswer): string {
  if (httpStatus < 400) return 'done'
  // Its text says once more who, what and on what.
  return code === 'AccessDeniedException' ? `${httpStatus} ${code}` : `${httpStatus} ${code}: ${message}`
}

function positive(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.')
  return Number(text)
}
