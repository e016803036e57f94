/**
 * Decides which requests go to the audit: every call that changes something, and every refusal of
 * access. Allowed reads do not. A record names the resources of a request and nothing else of it,
 * because an environment may hold secrets.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type AuditRecord, kept, resourcesKept } from '../access/audit/audit-record.ts'
import { RefusalPace } from '../access/audit/refusal-pace.ts'
import { isAuthenticationFailure } from '../access/authentication-failure.ts'
import type { TimeMs } from '../model/time.ts'
import type { Operation } from './operation.ts'
import { passageOf, type Understood } from './passage.ts'
import { claimOf } from './signature-claims.ts'

export interface AuditingOptions {
  readonly append: (record: AuditRecord) => void
  readonly now: () => TimeMs
}

const reads = /^(?:Describe|Explain|Filter|Get|Head|List|Read|Search|Simulate|Tell|Watch)/
/** Codes of AWS's signature errors that are not 403. */
const signatureCodes = /Signature|Token|Credential/

/** Refusals of one user, or of all strangers, that are recorded one by one. */
const refusalsAtOnce = 100
const refusalsPerSecond = 5

export class Auditing {
  readonly #append: AuditingOptions['append']
  readonly #now: AuditingOptions['now']
  readonly #paces = new Map<string, RefusalPace>()

  constructor({ append, now }: AuditingOptions) {
    this.#append = append
    this.#now = now
  }

  /** Called when the request was answered. */
  answered(request: FastifyRequest, { statusCode }: Pick<FastifyReply, 'statusCode'>): void {
    const { failure, output, understood: known } = passageOf(request)
    const isRefused = statusCode === 403 || (!known && failure !== undefined && signatureCodes.test(failure.code))
    if (!isRefused && (!known || !isAudited(known.call.operation))) return
    const user = known?.user
    const leftOut = isRefused ? this.#paceOf(user).take(this.#now()) : 0
    if (leftOut === undefined) return
    const made = madeBy(output)
    this.#append({
      at: new Date(this.#now()).toISOString(),
      ...(user === undefined ? {} : { user }),
      ...accessKeyOf(request),
      sourceIp: request.ip,
      ...userAgentOf(request),
      ...(known ? whatOf(known) : {}),
      ...(made === undefined ? {} : { made }),
      httpStatus: statusCode,
      ...(failure && { code: failure.code, message: kept(failure.message) }),
      requestId: request.id,
      ...(leftOut > 0 ? { refusalsLeftOut: leftOut } : {}),
    })
  }

  /** One pace for each user, who are few. All strangers share one. */
  #paceOf(user = ''): RefusalPace {
    let pace = this.#paces.get(user)
    if (!pace) {
      pace = new RefusalPace(refusalsAtOnce, refusalsPerSecond)
      this.#paces.set(user, pace)
    }
    return pace
  }
}

/** AWS's names say which operations only read. */
function isAudited({ name, givesRights, notAudited }: Operation): boolean {
  if (notAudited) return false
  return givesRights === true || !reads.test(name)
}

function whatOf({ call, resources, mentioned }: Understood) {
  const more = resources.length - resourcesKept
  return {
    action: call.operation.action,
    operation: call.operation.name,
    resources: resources.slice(0, resourcesKept).map(kept),
    ...(more > 0 ? { moreResources: more } : {}),
    ...(mentioned === undefined ? {} : { mentioned: kept(mentioned) }),
  }
}

function accessKeyOf(request: FastifyRequest): { accessKeyId?: string } {
  const { claim } = claimOf(request.raw, request.originalUrl)
  return claim === undefined || isAuthenticationFailure(claim) ? {} : { accessKeyId: kept(claim.scope.accessKeyId) }
}

function userAgentOf({ headers }: FastifyRequest): { userAgent?: string } {
  const agent = headers['user-agent']
  return agent === undefined ? {} : { userAgent: kept(agent) }
}

/** The ARN or the id that an answer gives, itself or in one of its structures: `{ User: { Arn } }`. */
function madeBy(output: unknown): string | undefined {
  const members = Object.entries(output ?? {})
  const inner = members.flatMap(([, value]) => (isStructure(value) ? Object.entries(value) : []))
  const texts = [...members, ...inner].flatMap(([name, value]) => (typeof value === 'string' ? [{ name, value }] : []))
  const made = texts.find(({ name }) => name.endsWith('Arn')) ?? texts.find(({ name }) => name.endsWith('Id'))
  return made?.value
}

function isStructure(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
