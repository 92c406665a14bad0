import type { Client } from '../../client/client.ts'
import type { Controller } from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import type { Identities } from '../identity/identities.ts'
import { AuthorityController } from './authority-controller.ts'
import { EntryAddressController } from './entry-address-controller.ts'
import { SettingsController } from './settings-controller.ts'

/** What istiod does besides telling proxies what to do. */
export function meshControllers(options: {
  readonly client: Client
  readonly informers: Informers
  readonly events: EventRecorder
  identities(): Identities
  /** Whether ServiceEntries are given addresses. */
  givesAddresses(): boolean
}): readonly Controller[] {
  return [new AuthorityController(options), new SettingsController(options), new EntryAddressController(options)]
}
