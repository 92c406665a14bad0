import { readManifests, STDIN } from '../../src/cli/up/manifests.ts'
import { type MeshModel, modelOfFiles } from '../../src/cli/mesh/mesh-model.ts'

/** The mesh that one text of manifests describes, for tests. Its lines are those of the text. */
export function writtenMesh(text: string, options: { readonly assumes?: boolean } = {}): MeshModel {
  return modelOfFiles(readManifests([STDIN], text), { namespace: 'shop', assumes: options.assumes ?? true })
}
