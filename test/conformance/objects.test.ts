/** Objects as real clients meet them: the newest and Debian's boto3 and AWS command line, and the SDK for JavaScript. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { cliEnvironment, run } from './clients/aws-cli.ts'
import { boto3Version, cliVersion, debianClients, type Installed, newestClients } from './clients/installed.ts'
import { exerciseCommandLineOnObjects } from './objects/command-line.ts'
import { exerciseJavaScriptOnObjects } from './objects/javascript.ts'
import type { ObjectsSetting } from './objects/setting.ts'

const script = fileURLToPath(new URL('./objects/boto3_cases.py', import.meta.url))
/** The functions of the script between its tools and its end. */
const cases = [...readFileSync(script, 'utf8').matchAll(/^def (\w+)\(\):/gm)]
  .map((match) => match[1]!)
  .filter((name) => name !== 'main')

let server: TestServer
let setting: ObjectsSetting
beforeAll(async () => {
  server = await startServer({ driver: 'scripted', env: { OPENBATCH_OBJECTS_DOMAINS: '[s3.lab.example]' } })
  setting = { endpoint: server.endpoint, credentials: server.addUser('jdoe') }
})
afterAll(async () => {
  await server?.stop()
})

function exerciseBoto3(installed: Installed): void {
  describe(boto3Version(installed), () => {
    test.each(cases)('%s', async (name) => {
      await run(installed.python, [script, setting.endpoint, name], cliEnvironment(installed, setting))
    })
  })
}

const [newest, debian] = [newestClients(), debianClients()]
exerciseBoto3(newest)
exerciseBoto3(debian)
for (const installed of [newest, debian])
  describe(cliVersion(installed), () => exerciseCommandLineOnObjects(installed, () => setting))
describe('the SDK for JavaScript', () => exerciseJavaScriptOnObjects(() => setting))

test('the server had no fault of its own', () => {
  const faults = server
    .log()
    .split('\n')
    .filter((line) => /^\{"level":[56]0,/.test(line))
  expect(faults).toEqual([])
})
