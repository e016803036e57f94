import { stableId } from '../../ground/stable-id.ts'

/** The names and labels by which an attempt of one openbatch installation is found on an engine. */

export const installationLabel = 'openbatch.installation'
export const attemptLabel = 'openbatch.attempt'
export const jobLabel = 'openbatch.job'
/** The ids of the GPUs that an attempt holds, separated by commas. */
export const gpuLabel = 'openbatch.gpus'
/**
 * Label of the containers that hold the jobs' networks. They are not attempts, so they have this
 * label instead.
 */
export const holderLabel = 'openbatch.network-of'
/** The group that an attempt belongs to, or that a holder serves. */
export const groupLabel = 'openbatch.group'
/** Label of an attempt whose group has an address of its own. */
export const ownAddressLabel = 'openbatch.own-address'

export interface Names {
  readonly installationId: string
  /**
   * The name of an attempt's container. Two installations on one engine can never make the same
   * name.
   */
  container(attempt: string): string
  /**
   * The network of this installation's jobs, and the container that holds their shared namespace.
   */
  readonly network: string
  readonly holder: string
  /** The container that holds a group's namespace. */
  groupHolder(group: string): string
}

export function namesOf(installationId: string): Names {
  if (installationId === '') throw new Error('the Docker driver needs an installation id')
  // Without a hyphen in the id, `openbatch-A-B` can be read in only one way.
  const short = /^[a-zA-Z0-9]{1,32}$/.test(installationId) ? installationId : stableId(installationId, 12)
  return {
    installationId,
    container: (attempt) => `openbatch-${short}-${attempt}`,
    network: `openbatch-${short}`,
    // A dot follows, because no attempt's container has a dot there.
    holder: `openbatch-${short}.network`,
    groupHolder: (group) => `openbatch-${short}.group.${group}`,
  }
}
