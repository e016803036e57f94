/** openbatch's own API over a world of the core and the memory store. Answers are held against its description. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js'
import { pino } from 'pino'
import { expect } from 'vitest'
import { signRequest } from '../../../../test/support/signed-request.ts'
import { policiesOf } from '../../../access/policies.testing.ts'
import type { Principal } from '../../../access/principal.ts'
import type { Key } from '../../../access/signature.ts'
import { Explainer } from '../../../core/explain/explain.ts'
import { makeWorld, type World } from '../../../core/world.testing.ts'
import { createMemoryStore, type MemoryStore } from '../../../store/memory/memory-store.testing.ts'
import type { Backend } from '../../context.ts'
import { createApi } from '../../server.ts'
import { own } from './service.ts'

const key = (name: string, role: 'admin' | 'user'): Key<Principal> => ({
  ...{ accessKeyId: `KEY${name}`, secretAccessKey: 'secret', disabled: false },
  owner: { name, userId: `AIDA${name}`, policies: policiesOf(role) },
})
export const [root, ada] = [key('root', 'admin'), key('ada', 'user')]

export class OwnApi {
  readonly world: World = makeWorld()
  readonly store: MemoryStore = createMemoryStore()
  othersJobs: 'visible' | 'hidden' = 'visible'
  readonly #sealingKey = { id: '00c0ffee', secret: randomBytes(32) }

  /** `answers`: the name of the type in `src/wire` that a 200 must have. */
  async get<Answer>(who: Key<Principal>, path: string, answers: string) {
    const { app } = createApi({
      ...{ backend: this.#backend(), services: [own()], now: Date.now, logger: pino({ level: 'silent' }) },
      findKey: (id) => [root, ada].find(({ accessKeyId }) => accessKeyId === id),
    })
    const answer = await app.inject(await signRequest(who, { method: 'GET', path }))
    const body = answer.json() as Answer & { readonly message?: string }
    if (answer.statusCode === 200) expectShape(answers, body)
    return { status: answer.statusCode, body }
  }

  #backend(): Backend {
    const { world, store, othersJobs } = this
    const sealingKeys = { current: () => this.#sealingKey, find: () => this.#sealingKey }
    const list = () => ['root', 'ada', 'bob'].map((name) => ({ name }))
    const current = () => ({ list, named: (_: string, name: string) => ({ name }), groupsOf: () => [] })
    return {
      ...{ account: '123456789012', region: 'us-west-2', store, othersJobs, identities: { current, sealingKeys } },
      loop: { state: world.state, explainer: new Explainer(world.state, world.now) },
    } as unknown as Backend
  }
}

const api = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../docs/reference/openapi.json'), 'utf8'))
const ajv = new Ajv2020({ strict: true, allErrors: true })
ajv.addVocabulary(['components'])
// A member that the description does not have is a fault. Reasons have the data of their kinds.
for (const [name, schema] of Object.entries<AnySchemaObject>(api.components.schemas))
  if (name !== 'WhyReason') closeObjects(schema)
ajv.addSchema({ $id: 'api', components: api.components })

function expectShape(name: string, body: unknown): void {
  const isRight = ajv.getSchema(`api#/components/schemas/${name}`)
  if (!isRight) throw new Error(`the description of the API has no ${name}`)
  isRight(body)
  expect(isRight.errors ?? []).toEqual([])
}

function closeObjects(schema: AnySchemaObject): void {
  if (schema.properties) schema.additionalProperties = false
  for (const inner of Object.values(schema)) if (typeof inner === 'object' && inner !== null) closeObjects(inner)
}
