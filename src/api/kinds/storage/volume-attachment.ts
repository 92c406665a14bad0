import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { VolumeAttachment as VolumeAttachmentObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { validateAttachment, validateAttachmentStatus } from './validate-volume-attachment.ts'

export type VolumeAttachment = VolumeAttachmentObject

const INITIAL_STATUS = { attached: false }

export const VolumeAttachment: Kind<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.VolumeAttachment'),

  prepareForCreate: (attachment) => ({ ...attachment, status: INITIAL_STATUS }),
  prepareForUpdate: keepStatus,
  validate: validateAttachment,
  statusKeeps: 'metadata',
  validateStatus: validateAttachmentStatus,
  columns: [
    nameColumn(),
    {
      name: 'Attacher',
      type: 'string',
      format: 'name',
      description: 'The driver that must handle the request.',
      cell: ({ spec }) => spec.attacher,
    },
    {
      name: 'PV',
      type: 'string',
      description: 'The volume to attach.',
      cell: ({ spec }) => spec.source.persistentVolumeName ?? '',
    },
    {
      name: 'Node',
      type: 'string',
      description: 'The node that the volume should be attached to.',
      cell: ({ spec }) => spec.nodeName,
    },
    {
      name: 'Attached',
      type: 'boolean',
      description: 'Whether the volume is attached.',
      cell: ({ status }) => status?.attached ?? false,
    },
    ageColumn(),
  ],
}
