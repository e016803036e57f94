/** Calls S3 at an edge of its own, over a store in memory. */
import { pino } from 'pino'
import { type SigningKey, signRequest } from '../../../../test/support/signed-request.ts'
import type { IdentityRecord } from '../../../access/identities/entities.ts'
import { Identities } from '../../../access/identities/identities.ts'
import { policiesOf } from '../../../access/policies.testing.ts'
import type { NamedPolicy } from '../../../access/policy/evaluate.ts'
import { isMalformed, parsePolicyDocument } from '../../../access/policy/policy-document.ts'
import type { Principal } from '../../../access/principal.ts'
import type { Key } from '../../../access/signature.ts'
import { MemoryObjectStore } from '../../../objects/memory-object-store.testing.ts'
import type { Backend } from '../../context.ts'
import { createApi } from '../../server.ts'
import { Traffic } from '../../traffic.ts'
import { s3 } from './service.ts'

const now = Date.UTC(2026, 10, 22, 15, 0, 0)

function policyOf(...statements: object[]): NamedPolicy {
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity')
  if (isMalformed(document)) throw new Error(document.malformed)
  return { name: 'own', document }
}

function keyOf(name: string, policies: Principal['policies']): Key<Principal> {
  const owner = { name, userId: `AIDA${name.toUpperCase()}`, policies }
  return { accessKeyId: `KEY${name}`, secretAccessKey: `secret-of-${name}`, disabled: false, owner }
}

function recordOf({ name, userId }: Principal): IdentityRecord {
  return {
    ...{ kind: 'user', name, id: userId, path: '/', createdAtMs: 0, tags: {} },
    ...{ inlinePolicies: {}, attachedPolicyIds: [], groupIds: [], disabled: false },
  }
}

export interface S3Call {
  readonly method?: string
  readonly path: string
  readonly query?: Record<string, string>
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly at?: Date
}

export class S3Edge {
  readonly store: MemoryObjectStore
  readonly traffic = new Traffic()
  readonly root = keyOf('root', policiesOf('admin'))
  readonly #keys: Key<Principal>[] = [this.root]
  readonly app

  constructor({ region = 'us-west-2', objectDomains = [] as readonly string[] } = {}) {
    this.store = new MemoryObjectStore({ now: () => now, smallestPartBytes: 1 })
    const identities = { current: () => new Identities(this.#keys.map(({ owner }) => recordOf(owner))) }
    const { app } = createApi({
      backend: {
        account: '123456789012',
        region,
        objects: this.store,
        objectDomains,
        identities,
      } as unknown as Backend,
      findKey: (id) => this.#keys.find(({ accessKeyId }) => accessKeyId === id),
      services: [s3],
      traffic: this.traffic,
      now: () => now,
      logger: pino({ level: 'silent' }),
    })
    this.app = app
  }

  /** A user with these statements. */
  addUser(name: string, ...statements: object[]): Key<Principal> {
    const key = keyOf(name, statements.length === 0 ? [] : [policyOf(...statements)])
    this.#keys.push(key)
    return key
  }

  /** What a job of a user signs with, without a role. It acts on objects as the user. */
  addJobOf({ owner }: Key<Principal>): Key<Principal> {
    const job = { ...owner, policies: [], forObjects: owner, session: { attempt: { jobId: 'j', number: 1 } } }
    const key = { accessKeyId: `JOBOF${owner.name}`, secretAccessKey: 'secret-of-job', disabled: false, owner: job }
    this.#keys.push(key)
    return key
  }

  sign({ method = 'GET', ...request }: S3Call, key: SigningKey = this.root) {
    return signRequest(key, { at: new Date(now), service: 's3', method, ...request })
  }

  async call(request: S3Call, key: SigningKey = this.root) {
    const { payload, headers: signed, ...head } = await this.sign(request, key)
    const { body: content } = request
    // An empty body has a length too.
    const sent =
      content === undefined
        ? {}
        : { payload, headers: { ...signed, 'content-length': String(Buffer.byteLength(content)) } }
    const answer = await this.app.inject({ ...head, headers: signed, ...sent })
    const { statusCode: status, headers, body, rawPayload: bytes } = answer
    return { status, headers, body, bytes, code: /<Code>(\w+)<\/Code>/.exec(body)?.[1] }
  }

  /** Only the status. Throws for a refusal. */
  async make(request: S3Call): Promise<void> {
    const { status, body } = await this.call(request)
    if (status >= 300) throw new Error(`${status} ${body}`)
  }
}
