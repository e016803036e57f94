/** For tests of IAM's operations: an edge with identities of its own, and calls by form. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { signRequest } from '../../../../test/support/signed-request.ts'
import type { AuditRecord } from '../../../access/audit/audit-record.ts'
import { Credentials } from '../../../access/credentials.ts'
import { IdentityDirectory } from '../../../access/identities/identity-directory.ts'
import { LastUses } from '../../../access/last-uses.ts'
import type { KeyPair } from '../../../access/user.ts'
import { Users } from '../../../access/users.ts'
import { MemoryObjectStore } from '../../../objects/memory-object-store.testing.ts'
import type { Backend } from '../../context.ts'
import { createApi } from '../../server.ts'
import { own } from '../own/service.ts'
import { iam } from './service.ts'

const now = Date.UTC(2026, 10, 27, 8, 0, 0)

type Form = Readonly<Record<string, string>>

export interface Answer {
  readonly status: number
  /** Without the request's id. */
  readonly body: string
}

export class IamServer {
  readonly records: AuditRecord[] = []
  readonly objects = new MemoryObjectStore({ now: () => now })
  /** All that was logged. */
  readonly logged: string[] = []
  readonly directory: IdentityDirectory
  readonly users: Users
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'openbatch-iam-'))
  readonly #app: ReturnType<typeof createApi>['app']

  constructor() {
    this.directory = new IdentityDirectory(this.#dataDir, now)
    this.users = new Users(this.directory)
    this.users.ensureAdministrator(now)
    const credentials = new Credentials(this.directory)
    const lastUses = new LastUses(this.directory.store, { warn: () => {} })
    const { app } = createApi({
      backend: {
        ...{ account: '123456789012', region: 'us-west-2', identities: this.directory, lastUses },
        objects: this.objects,
      } as unknown as Backend,
      findKey: (id, at, token) => credentials.findKey(id, at, token),
      keyUsed: (scope, at) => lastUses.note(scope, at),
      services: [iam, own()],
      now: () => now,
      audit: { append: (record) => this.records.push(record) },
      logger: pino({ level: 'trace' }, { write: (line) => this.logged.push(line) }),
      validateResponses: true,
    })
    this.#app = app
  }

  /** The key of a user who is there. */
  keyOf(name: string): KeyPair {
    const { accessKeyId } = this.users.list().find((user) => user.name === name)!.key!
    const key = this.directory.current().find('accessKey', accessKeyId)!
    return { accessKeyId, secretAccessKey: this.directory.secretOf(key) }
  }

  /** Calls as the administrator, or with the key that is given. */
  async call(Action: string, members: Form = {}, key = this.keyOf('admin')): Promise<Answer> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
    const body = new URLSearchParams({ Action, Version: '2010-05-08', ...members }).toString()
    const request = { path: '/', service: 'iam', headers, body, at: new Date(now) }
    const answer = await this.#app.inject(await signRequest(key, request))
    return { status: answer.statusCode, body: answer.body.replace(/<RequestId>[^<]*<\/RequestId>/, '') }
  }

  /** Calls by JSON, as the administrator, or with the key that is given. */
  async callApi(action: string, members: object, key = this.keyOf('admin')) {
    const request = { path: `/api/iam/${action}`, service: 'batch', body: JSON.stringify(members), at: new Date(now) }
    const answer = await this.#app.inject(await signRequest(key, request))
    return { status: answer.statusCode, code: answer.headers['x-amzn-errortype'], body: answer.json() }
  }

  /** The code and the text of a refusal. */
  async refusal(Action: string, members: Form = {}, key = this.keyOf('admin')): Promise<string> {
    const { status, body } = await this.call(Action, members, key)
    const [, code, message] = /<Code>(.*)<\/Code><Message>(.*)<\/Message>/.exec(body) ?? []
    return `${status} ${code}: ${message}`
  }

  async remove(): Promise<void> {
    await this.#app.close()
    this.directory.close()
    rmSync(this.#dataDir, { recursive: true })
  }
}
