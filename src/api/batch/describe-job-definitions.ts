/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobDefinitions.html */
import { parseJobDefinitionReference } from '../../core/submission/job-definition-reference.ts'
import type { DescribeJobDefinitionsRequest, JobDefinition as JobDefinitionShape } from '../../model/generated/batch.ts'
import type { JobDefinition } from '../../model/job-definition.ts'
import { limits } from '../../model/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../model/refusal.ts'
import type { Services } from '../context.ts'
import { defineOperation } from '../operation.ts'
import { page } from './paging.ts'

export const describeJobDefinitions = defineOperation('batch', 'DescribeJobDefinitions', {
  resource: () => '*',
  handle(input, { services }) {
    const refusal = checkCombination(input)
    if (refusal) return refusal
    const found = input.jobDefinitions?.length ? byReference(input, services) : byFilter(input, services)
    if (isRefusal(found)) return found
    const of = ['DescribeJobDefinitions', input.jobDefinitionName, input.status]
    const result = page(found, orderKey, input, of)
    if (isRefusal(result)) return result
    const { items, nextToken } = result
    return { jobDefinitions: items.map(describe), ...(nextToken === undefined ? {} : { nextToken }) }
  },
})

function checkCombination(input: DescribeJobDefinitionsRequest): Refusal | undefined {
  const { jobDefinitions: references, maxResults, jobDefinitionName, nextToken } = input
  if (!references?.length) return undefined
  if (maxResults !== undefined) return refuse('JobDefinitions and MaxResults cannot both be set')
  if (jobDefinitionName !== undefined) return refuse('JobDefinitions and JobDefinitionName cannot both be set')
  if (nextToken !== undefined) return refuse('JobDefinitions and NextToken cannot both be set')
  if (references.length > limits.pageSize)
    return refuse(`At most ${limits.pageSize} job definitions can be described at once.`)
  return undefined
}

/** Unknown ones are left out; a name stands for all its revisions. The live service takes a status beside the list. */
function byReference(input: DescribeJobDefinitionsRequest, services: Services): JobDefinition[] | Refusal {
  const families = services.loop.state.jobDefinitions
  const found = new Map<string, JobDefinition>()
  for (const text of input.jobDefinitions ?? []) {
    const reference = parseJobDefinitionReference(text, services)
    if (isRefusal(reference)) return reference
    for (const definition of families.get(reference.name)?.revisions.values() ?? [])
      if (
        (reference.revision === undefined || definition.revision === reference.revision) &&
        hasStatus(definition, input)
      )
        found.set(orderKey(definition), definition)
  }
  return inOrder([...found.values()])
}

function byFilter(input: DescribeJobDefinitionsRequest, services: Services): JobDefinition[] {
  const { jobDefinitionName } = input
  const families = services.loop.state.jobDefinitions
  const candidates = jobDefinitionName === undefined ? [...families.values()] : [families.get(jobDefinitionName)]
  const all = candidates.flatMap((family) => [...(family?.revisions.values() ?? [])])
  return inOrder(all.filter((definition) => hasStatus(definition, input)))
}

function hasStatus(definition: JobDefinition, { status }: DescribeJobDefinitionsRequest): boolean {
  return status === undefined || definition.status === status
}

/** By name, newest revision first. */
function orderKey({ name, revision }: JobDefinition): string {
  return `${name} ${String(10 ** 12 - revision).padStart(13, '0')}`
}

function inOrder(definitions: JobDefinition[]): JobDefinition[] {
  const keyed = definitions.map((definition) => ({ key: orderKey(definition), definition }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ definition }) => definition)
}

function describe({ shape, status, tags }: JobDefinition): JobDefinitionShape {
  return { ...shape, status, tags: { ...tags } }
}
