import { expect, test } from 'vitest'
import { passedRoles } from './passed-roles.ts'

test('the roles of every kind of definition are found, each once', () => {
  expect(passedRoles({})).toEqual([])
  expect(passedRoles({ containerProperties: { jobRoleArn: 'a', executionRoleArn: 'b' } })).toEqual(['a'])
  expect(passedRoles({ containerProperties: { jobRoleArn: '' } })).toEqual([])
  const taskProperties = [
    { taskRoleArn: 'c', containers: [] },
    { taskRoleArn: 'd', executionRoleArn: 'x', containers: [] },
    { taskRoleArn: 'c', containers: [] },
  ]
  expect(passedRoles({ ecsProperties: { taskProperties } })).toEqual(['c', 'd'])
  const nodeRangeProperties = [
    { targetNodes: '0', container: { jobRoleArn: 'e' } },
    { targetNodes: '1:', ecsProperties: { taskProperties } },
  ]
  expect(passedRoles({ nodeProperties: { mainNode: 0, numNodes: 2, nodeRangeProperties } })).toEqual(['e', 'c', 'd'])
})

test('an execution role is passed where the definition names secrets', () => {
  const secrets = [{ name: 'TOKEN', valueFrom: 'token' }]
  const executionRoleArn = 'b'
  expect(passedRoles({ containerProperties: { jobRoleArn: 'a', executionRoleArn, secrets } })).toEqual(['a', 'b'])
  const logConfiguration = { logDriver: 'awslogs', secretOptions: secrets } as const
  expect(passedRoles({ containerProperties: { executionRoleArn, logConfiguration } })).toEqual(['b'])
  const containers = [{ image: 'i' }, { image: 'i', secrets }]
  expect(passedRoles({ ecsProperties: { taskProperties: [{ executionRoleArn, containers }] } })).toEqual(['b'])
})
