/** IAM by the AWS SDK for JavaScript and by the newest boto3, each against a server of its own. */
import { expect, test } from 'vitest'
import { iamOperations } from '../../src/edge/services/iam/operations.ts'
import { boto3 } from './clients/boto3.ts'
import { newestClients } from './clients/installed.ts'
import { jsSdk } from './clients/js-sdk.ts'
import { exerciseClient } from './exercise-client.ts'
import { exerciseIam, iamMet } from './scenarios/iam.ts'
import { exerciseTerraform } from './scenarios/iam-terraform.ts'

for (const kind of [jsSdk, boto3(newestClients())])
  exerciseClient({
    kind,
    server: { driver: 'scripted', env: { OPENBATCH_TEST_VALIDATE_RESPONSES: '1' } },
    scenarios: [exerciseIam, exerciseTerraform],
  })

test('every operation is called for what it answers and for a refusal', () => {
  const calls = iamOperations.flatMap(({ name }) => [`${name} answered`, `${name} refused`])
  expect(calls.filter((call) => !iamMet.has(call))).toEqual([])
})
