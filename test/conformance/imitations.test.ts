/**
 * What AWS Batch really does where imitations get it wrong, through the AWS SDK: a test for each
 * row of docs/aws §15. Row 29 needs real containers, and is in docker.test.ts.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { tail } from '../support/openbatch-server.ts'
import { exerciseContainers } from './imitations/containers.ts'
import { cpuRow } from './imitations/cpu.ts'
import { exerciseEndings } from './imitations/endings.ts'
import { exerciseListing } from './imitations/listing.ts'
import { exerciseRequests } from './imitations/requests.ts'
import { openSetting, type Setting, tested } from './imitations/setting.ts'

let setting: Setting
const given = () => setting

beforeAll(async () => {
  setting = await openSetting()
})
afterEach(() => setting.endAll())
afterAll(() => setting?.close())
beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(`the server said:\n${tail(setting.server.log())}`)))

for (const exercise of [exerciseEndings, exerciseListing, exerciseContainers, exerciseRequests]) exercise(given)

test('every row has its test', () => {
  const rows = Array.from({ length: 32 }, (_, index) => index + 1)
  expect([...tested, cpuRow].sort((a, b) => a - b)).toEqual(rows)
})
