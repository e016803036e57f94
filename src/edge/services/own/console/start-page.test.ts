import fastify from 'fastify'
import { expect, test } from 'vitest'
import { consoleRoutes } from './start-page.ts'

const installation = { command: '/opt/open batch/bin/openbatch', dataDir: "/srv/<it's>&" }

async function pageSeenFrom(remoteAddress: string): Promise<string> {
  const app = fastify()
  for (const { method, url, answer } of consoleRoutes(installation))
    app.route({ method, url, handler: (request, reply) => answer(request, reply, {} as never) })
  const { body } = await app.inject({ url: '/console/', remoteAddress, headers: { host: 'lab:8642' } })
  await app.close()
  return body
}

test.each([['127.0.0.1'], ['::1'], ['::ffff:127.0.0.2']])(
  'names this installation on the machine itself (%s)',
  async (address) => {
    const body = await pageSeenFrom(address)
    expect(body).toContain("'/opt/open batch/bin/openbatch' env --data-dir '/srv/&lt;it'\\''s&gt;&amp;'")
  },
)

test.each([['192.0.2.7'], ['2001:db8::1']])(
  'names the address, and no path of the machine, from elsewhere (%s)',
  async (address) => {
    const body = await pageSeenFrom(address)
    expect(body).toContain('export AWS_ENDPOINT_URL=http://lab:8642 ')
    expect(body).not.toMatch(/\/opt\/|\/srv\//)
  },
)
