import { stableId } from '../../ground/stable-id.ts'

/** How an attempt of one openbatch installation is found among everything else on an engine. */

export const installationLabel = 'openbatch.installation'
export const attemptLabel = 'openbatch.attempt'
export const jobLabel = 'openbatch.job'
/** The ids of the GPUs an attempt holds, with commas. */
export const gpuLabel = 'openbatch.gpus'
/** On the containers that hold the jobs' networks. They are no attempts, so they have this label instead. */
export const holderLabel = 'openbatch.network-of'
/** The group of an attempt, or that a holder is for. */
export const groupLabel = 'openbatch.group'
/** On an attempt whose group has an address of its own. */
export const ownAddressLabel = 'openbatch.own-address'

export interface Names {
  readonly installationId: string
  /** The container of an attempt. Two installations on one engine can never make the same name. */
  container(attempt: string): string
  /** The network of this installation's jobs, and the container that holds the namespace they share. */
  readonly network: string
  readonly holder: string
  /** The container that holds a group's namespace. */
  groupHolder(group: string): string
}

export function namesOf(installationId: string): Names {
  if (installationId === '') throw new Error('the Docker driver needs an installation id')
  // Without a hyphen in it, `openbatch-A-B` can be read in one way only.
  const short = /^[a-zA-Z0-9]{1,32}$/.test(installationId) ? installationId : stableId(installationId, 12)
  return {
    installationId,
    container: (attempt) => `openbatch-${short}-${attempt}`,
    network: `openbatch-${short}`,
    // After a dot, since no attempt's container has one there.
    holder: `openbatch-${short}.network`,
    groupHolder: (group) => `openbatch-${short}.group.${group}`,
  }
}
