/**
 * Objects as real clients meet them: the newest and Debian's boto3 and AWS command line, the SDK for
 * JavaScript, rclone and s3cmd, over HTTP and HTTPS.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openbatchCommand, startServer, type TestServer } from '../support/openbatch-server.ts'
import { boto3Version, cliVersion, debianClients, newestClients } from './clients/installed.ts'
import { exerciseBoto3OnObjects } from './objects/boto3.ts'
import { exerciseCommandLineOnObjects, exerciseCommandLineOverTls } from './objects/command-line.ts'
import {
  exerciseRcloneOnObjects,
  exerciseRcloneOverTls,
  exerciseS3cmdOnObjects,
  exerciseS3cmdOverTls,
} from './objects/debian-tools.ts'
import { exerciseJavaScriptOnObjects, exerciseJavaScriptOverTls } from './objects/javascript.ts'
import type { ObjectsSetting } from './objects/setting.ts'

const clients = [newestClients(), debianClients()]

function expectNoFault(server: TestServer): void {
  const faults = server
    .log()
    .split('\n')
    .filter((line) => /^\{"level":[56]0,/.test(line))
  expect(faults).toEqual([])
}

describe('over HTTP', () => {
  let server: TestServer
  let setting: ObjectsSetting
  const given = () => setting
  beforeAll(async () => {
    server = await startServer({ driver: 'scripted', env: { OPENBATCH_OBJECTS_DOMAINS: '[s3.lab.example]' } })
    setting = { endpoint: server.endpoint, credentials: server.addUser('jdoe') }
  })
  afterAll(async () => {
    await server?.stop()
  })

  for (const installed of clients) {
    describe(boto3Version(installed), () => exerciseBoto3OnObjects(installed, given))
    describe(cliVersion(installed), () => exerciseCommandLineOnObjects(installed, given))
  }
  describe('the SDK for JavaScript', () => exerciseJavaScriptOnObjects(given))
  describe('rclone', () => exerciseRcloneOnObjects(given))
  describe('s3cmd', () => exerciseS3cmdOnObjects(given))

  test('the server had no fault of its own', () => expectNoFault(server))
})

describe('over HTTPS', () => {
  let server: TestServer
  let setting: ObjectsSetting
  const given = () => setting
  beforeAll(async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-test-'))
    execFileSync(openbatchCommand, ['tls', 'init', '--data-dir', dataDir])
    server = await startServer({ driver: 'scripted', dataDir })
    const trustFile = join(dataDir, 'tls', 'trust.pem')
    setting = { endpoint: server.endpoint, credentials: server.addUser('jdoe'), trustFile }
  })
  afterAll(async () => {
    await server?.stop()
  })

  for (const installed of clients) {
    const cases = ['put_and_get_back', 'parts_of_20_mb', 'trailers_over_https']
    describe(boto3Version(installed), () => exerciseBoto3OnObjects(installed, given, cases))
    describe(cliVersion(installed), () => exerciseCommandLineOverTls(installed, given))
  }
  describe('the SDK for JavaScript', () => exerciseJavaScriptOverTls(given))
  describe('rclone', () => exerciseRcloneOverTls(given))
  describe('s3cmd', () => exerciseS3cmdOverTls(given))

  test('the server had no fault of its own', () => expectNoFault(server))
})
