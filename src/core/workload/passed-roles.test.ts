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
