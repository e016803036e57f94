import { expect, test } from 'vitest'
import { registryCredentials } from './registry-credentials.ts'

const pulledWith = (credentialsParameter: string) => ({ repositoryCredentials: { credentialsParameter } })

test('the credentials of every kind of definition are found, each once', () => {
  expect(registryCredentials({})).toEqual([])
  expect(registryCredentials({ containerProperties: pulledWith('a') })).toEqual(['a'])
  expect(registryCredentials({ containerProperties: { repositoryCredentials: {} as never } })).toEqual([])
  const taskProperties = [{ containers: ['b', 'c', 'b'].map((it) => ({ image: 'x', ...pulledWith(it) })) }]
  expect(registryCredentials({ ecsProperties: { taskProperties } })).toEqual(['b', 'c'])
  const nodeRangeProperties = [
    { targetNodes: '0', container: pulledWith('d') },
    { targetNodes: '1:', ecsProperties: { taskProperties } },
  ]
  const nodeProperties = { mainNode: 0, numNodes: 2, nodeRangeProperties }
  expect(registryCredentials({ nodeProperties })).toEqual(['d', 'b', 'c'])
})
