/** What verbs send is what they sign, whatever characters it has. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { splitTarget } from '../access/canonical-request.ts'
import { type FindKey, verifySignature } from '../access/signature.ts'
import { runCommand } from './program.ts'

const now = Date.UTC(2026, 10, 22, 12)
const findKey: FindKey<string> = (accessKeyId) => ({
  ...{ accessKeyId, secretAccessKey: 'secret', owner: 'ada', disabled: false },
})

let server: Server
/** Of each request: whether its signature is accepted, and its parameters. */
let received: { readonly kind: string; readonly query: Record<string, string | string[]> }[]
beforeEach(async () => {
  received = []
  server = createServer(({ method = '', url = '', headers }, response) => {
    const { kind } = verifySignature({ method, url, headers, body: Buffer.alloc(0) }, findKey, now)
    received.push({ kind, query: { ...splitTarget(url)?.query } })
    // As much of an answer as each of the verbs reads.
    const answer = { jobs: [], total: 0, groups: [], byStatus: {}, records: [], text: [], drivers: [], state: 'PULLED' }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...answer, deleted: 0, driver: 'd' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => void server.close())

async function run(...args: string[]): Promise<string> {
  let err = ''
  await runCommand(args, {
    write: () => {},
    warn: (text) => {
      err += text
    },
    input: new PassThrough().end(),
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'KEY',
      AWS_SECRET_ACCESS_KEY: 'secret',
    },
    now: () => now,
  })
  return err
}

test.each(['chr 7', 'a+b', '100 %', '%20', '%2B', "it's (all)*!", 'größe 数 🧬', 'a&b=c#d?e', '~._-/:;,@$'])(
  'values such as %s arrive, and are signed as they are sent',
  async (value) => {
    const verbs: [parameter: string, ...args: string[]][] = [
      ['text', 'jobs', value],
      ['name', 'jobs', '--name', value, '--group-by', 'user'],
      ['tag', 'jobs', '--tag', `${value}=${value}`],
      ['user', 'access', 'explain', value, 'batch:SubmitJob'],
      ['resource', 'access', 'explain', 'ada', 's3:GetObject', value],
      ['user', 'audit', '--of', value],
      ['name', 'definition', 'prune', '--name', value],
      ['image', 'image', 'pull', value],
      ['driver', 'image', 'prune', '--driver', value],
    ]
    for (const [parameter, ...args] of verbs) {
      await run(...args)
      const sent = parameter === 'tag' ? `${value}=${value}` : value
      expect([args, received.pop()]).toEqual([
        args,
        { kind: 'verified', query: expect.objectContaining({ [parameter]: sent }) },
      ])
    }
  },
)

test('several values of a parameter are signed in whatever order they are given', async () => {
  await run('jobs', '--tag', 'z 1', '--tag', 'a+1', '--tag', 'é', '--all')
  expect(received).toEqual([{ kind: 'verified', query: { tag: ['z 1', 'a+1', 'é'], limit: '50' } }])
})
