/** `openbatch open` prints the link that the server made, at the address that was asked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { runCommand } from './program.ts'

test('the link is on standard output, and how long it serves beside it', async () => {
  const asked: string[] = []
  const server = createServer(({ method, url, headers }, response) => {
    asked.push(`${method} ${url} ${headers.authorization?.split(' ')[0]}`)
    response.end(JSON.stringify({ path: '/console/sign-in#token-of-the-link', expiresAtMs: 0 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const endpoint = `http://127.0.0.1:${port}`
  let [out, err] = ['', '']
  await runCommand(['open'], {
    write: (text) => {
      out += text
    },
    warn: (text) => {
      err += text
    },
    input: new PassThrough().end(),
    env: { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'KEY', AWS_SECRET_ACCESS_KEY: 'secret' },
    now: Date.now,
  })
  server.close()
  expect(out).toBe(`${endpoint}/console/sign-in#token-of-the-link\n`)
  expect(err).toContain('1970-01-01T00:00:00.000Z')
  expect(asked).toEqual(['POST /api/console-links AWS4-HMAC-SHA256'])
})
