/**
 * The page at `/console/`: its commands work as printed, and no page or document runs a stranger's
 * package.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../support/built.ts'
import { eventually } from '../support/eventually.ts'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { cliEnvironment, run } from './clients/aws-cli.ts'
import { newestClients } from './clients/installed.ts'

const installed = newestClients()
let server: TestServer
let home: string
beforeAll(async () => {
  server = await startServer({ driver: 'process' })
  home = mkdtempSync(join(tmpdir(), 'openbatch-reader-'))
})
afterAll(async () => {
  await server?.stop()
  rmSync(home, { recursive: true, force: true })
})

/**
 * A reader's shell: `aws` exists, no AWS variable is set, and the working directory is not the
 * checkout.
 */
function typed(script: string) {
  const { AWS_PAGER = '', ...all } = cliEnvironment(installed, { endpoint: server.endpoint })
  const own = Object.fromEntries(Object.entries(all).filter(([name]) => !/^(AWS|OPENBATCH)_/.test(name)))
  return run('/bin/sh', ['-euc', script], { ...own, AWS_PAGER, HOME: home }, home)
}

async function blockOfPage(): Promise<string> {
  const html = await (await fetch(`${server.endpoint}/console/`)).text()
  const block = /<pre>(.*?)<\/pre>/s.exec(html)![1]!
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' }
  return block.replace(/&(\w+);/g, (_, name: string) => named[name]!)
}

test('the commands on the page work as printed', async () => {
  const block = await blockOfPage()
  expect(block.split('\n')[0]).toBe(`eval "$(${openbatchCommand} env --data-dir ${server.dataDir})"`)
  await typed(block)
  const [first] = block.split('\n')
  const list = block.split('\n').find((line) => line.startsWith('aws batch list-jobs'))!
  await eventually('the job of the page has ended well', async () => {
    const { stdout } = await typed(`${first}\n${list}`)
    return /"status": "SUCCEEDED"/.test(stdout)
  })
  const logs = block.split('\n').find((line) => line.startsWith('aws logs'))!
  expect((await typed(`${first}\n${logs}`)).stdout).toContain('"message": "hello"')
})

test('with the page’s variables, the verbs of the command need no data directory', async () => {
  const [first] = (await blockOfPage()).split('\n')
  const { stdout } = await typed(`${first}\n${openbatchCommand} instances`)
  expect(stdout).toMatch(/^process: /)
})

test('no page of ours runs npx for the command, which elsewhere fetches a stranger’s package', () => {
  const files = execFileSync('git', ['ls-files', 'README.md', 'CHANGELOG.md', 'docs', 'examples', 'src', 'scripts'], {
    cwd: root,
    encoding: 'utf8',
  })
  const found = files
    .trim()
    .split('\n')
    .filter((file) => /\b(npx|npm exec|npm x|pnpm dlx|yarn dlx)\b/.test(readFileSync(join(root, file), 'utf8')))
  expect(found).toEqual([])
})
