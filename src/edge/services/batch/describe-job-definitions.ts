/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobDefinitions.html */
import { parseJobDefinitionReference } from '../../../core/job-definition/reference.ts'
import type {
  DescribeJobDefinitionsRequest,
  JobDefinition as JobDefinitionShape,
} from '../../../model/generated/batch.ts'
import type { JobDefinition } from '../../../model/job-definition.ts'
import { limits } from '../../../model/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../../model/refusal.ts'
import type { Backend } from '../../context.ts'
import { defineOperation } from '../../operation.ts'
import { pageSize, readToken, writeToken } from './paging.ts'

export const describeJobDefinitions = defineOperation('batch', 'DescribeJobDefinitions', {
  resource: () => '*',
  handle(input, { backend }) {
    const refusal = checkCombination(input)
    if (refusal) return refusal
    const found = input.jobDefinitions?.length ? byReference(input, backend) : byFilter(input, backend)
    if (isRefusal(found)) return found
    const { definitions, nextToken } = found
    return { jobDefinitions: definitions.map(describe), ...(nextToken === undefined ? {} : { nextToken }) }
  },
})

interface Found {
  readonly definitions: readonly JobDefinition[]
  readonly nextToken?: string
}

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

/**
 * Unknown references are left out. A name stands for its newest revisions. The live service accepts
 * a status together with the list.
 */
function byReference(input: DescribeJobDefinitionsRequest, backend: Backend): Found | Refusal {
  const shelf = backend.store.definitions
  const found = new Map<string, JobDefinition>()
  for (const text of input.jobDefinitions ?? []) {
    const reference = parseJobDefinitionReference(text, backend)
    if (isRefusal(reference)) return reference
    const { name, revision } = reference
    const meant =
      revision === undefined
        ? shelf.list({ name, status: input.status, limit: limits.revisionsDescribed })
        : [shelf.find(name, revision)]
    for (const definition of meant)
      if (definition && hasStatus(definition, input)) found.set(orderKey(definition), definition)
    if (found.size >= limits.revisionsDescribed) break
  }
  return { definitions: inOrder([...found.values()]) }
}

function byFilter(input: DescribeJobDefinitionsRequest, backend: Backend): Found | Refusal {
  const { jobDefinitionName: name, status } = input
  const size = pageSize(input.maxResults)
  if (isRefusal(size)) return size
  const of = ['DescribeJobDefinitions', name, status]
  const token = readToken(input.nextToken, of)
  if (isRefusal(token)) return token
  const last = /^([^ ]+) (\d+)$/.exec(String(token ?? ''))
  const after = last ? { name: last[1]!, revision: Number(last[2]) } : undefined
  const definitions = backend.store.definitions.list({ name, status, after, limit: size + 1 })
  if (definitions.length <= size) return { definitions }
  const end = definitions[size - 1]!
  return { definitions: definitions.slice(0, size), nextToken: writeToken(`${end.name} ${end.revision}`, of) }
}

function hasStatus(definition: JobDefinition, { status }: DescribeJobDefinitionsRequest): boolean {
  return status === undefined || definition.status === status
}

/** Sorts by name, newest revision first. */
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
