/** RegisterJobDefinition and DeregisterJobDefinition. */
import { arn } from '../../model/arn.ts'
import type { RegisterJobDefinitionRequest, RegisterJobDefinitionResponse } from '../../model/generated/batch.ts'
import type { JobDefinition } from '../../model/job-definition.ts'
import { isRefusal, refuse } from '../../model/refusal.ts'
import { accept, type Command, events, nothing } from '../decision.ts'
import { bytesOf } from '../state/held-bytes.ts'
import { validateJobDefinition } from './check.ts'
import { refuseDefinition } from './host-access.ts'
import { normaliseJobDefinition } from './normalise.ts'
import { jobDefinitionNotFound, parseJobDefinitionReference } from './reference.ts'

/** Always a new revision, even if nothing changed. */
export function registerJobDefinition(
  request: RegisterJobDefinitionRequest,
  owner: string,
  mayReachHost = true,
): Command<RegisterJobDefinitionResponse> {
  return (state, { now }) => {
    const { jobDefinitions, rules } = state
    const refusal = validateJobDefinition(request)
    if (refusal) return refusal
    const name = request.jobDefinitionName
    const beyond = mayReachHost ? undefined : refuseDefinition(state, request, name, owner)
    if (beyond) return beyond
    const revision = jobDefinitions.lastRevision(name) + 1
    const jobDefinitionArn = arn(state.account, 'job-definition', `${name}:${revision}`)
    const definition: JobDefinition = {
      name,
      revision,
      status: 'ACTIVE',
      registeredAtMs: now,
      owner,
      shape: normaliseJobDefinition(request, { arn: jobDefinitionArn, revision }),
      tags: request.tags ?? {},
    }
    const full = jobDefinitions.held.complain('job definitions', owner, bytesOf(definition), rules.jobDefinitionBytes)
    if (full) return full
    return accept({ jobDefinitionName: name, jobDefinitionArn, revision }, [
      { type: 'jobDefinitionChanged', definition },
    ])
  }
}

/** Submitted jobs are not affected: they carry what they need. */
export function deregisterJobDefinition(text: string): Command {
  return (state) => {
    const reference = parseJobDefinitionReference(text, state.account)
    if (isRefusal(reference)) return reference
    if (reference.revision === undefined) return refuse(`Job definition revision is required, provided ${text}`)
    const definition = state.jobDefinitions.find(reference.name, reference.revision)
    if (!definition) return jobDefinitionNotFound(reference)
    if (definition.status === 'INACTIVE') return nothing('it was deregistered before')
    return events({ type: 'jobDefinitionChanged', definition: { ...definition, status: 'INACTIVE' } })
  }
}

/**
 * For administrators: deletes deregistered revisions for good. Submitted jobs carry what they need.
 */
export function deleteJobDefinitions(references: readonly { name: string; revision: number }[]): Command<number> {
  return ({ jobDefinitions }) => {
    const inactive = references.filter(
      ({ name, revision }) => jobDefinitions.find(name, revision)?.status === 'INACTIVE',
    )
    return accept(
      inactive.length,
      inactive.map(({ name, revision }) => ({ type: 'jobDefinitionGone', name, revision })),
    )
  }
}
