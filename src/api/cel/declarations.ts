import type { CallCost, CallEstimate } from './cost.ts'
import type { Macro } from './macros.ts'
import { macroKey } from './parser.ts'
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  LIST,
  MAP,
  NULL,
  OPTIONAL,
  STRING,
  TIMESTAMP,
  TYPE,
  UINT,
} from './types.ts'
import type { Value } from './values.ts'

/** Gets as many arguments as the overload has; a receiver is the first. */
export type Implementation = (...args: Value[]) => Value

/** One signature of a function. */
export interface Overload {
  readonly id: string
  /** `receiver.name(…)`: `args[0]` is the receiver. */
  readonly member?: boolean
  readonly args: readonly CelType[]
  readonly result: CelType
  /** Absent when the function implements all its overloads at once. */
  readonly run?: Implementation
  /** What a call costs at run time; undefined for the default. */
  readonly cost?: CallCost
  /** What a call will cost at most. */
  readonly estimate?: CallEstimate
}

export interface FunctionDeclaration {
  readonly name: string
  readonly overloads: readonly Overload[]
  /** Serves all overloads; decides by the values that it gets. */
  readonly run?: Implementation
  /** What a call of any overload costs, unless the overload says so itself. */
  readonly cost?: CallCost
  readonly estimate?: CallEstimate
  /** Implementations check the types of their arguments themselves. */
  readonly unguarded?: boolean
  /** Compiles a constant regular expression in advance; throws when it is malformed. */
  readonly withPattern?: { readonly index: number; compile(pattern: string): Implementation }
}

/** A set of functions and macros that an environment can have. */
export interface Library {
  readonly functions?: readonly FunctionDeclaration[]
  readonly macros?: readonly Macro[]
  /** Names of types that expressions may mention. */
  readonly types?: readonly CelType[]
}

/** Looks up the fields of structs: the schema of a custom resource, for example. */
export interface StructProvider {
  /** Undefined when there is no such struct. */
  fieldsOf(structName: string): { fieldType(field: string): CelType | undefined } | undefined
}

const NO_STRUCTS: StructProvider = { fieldsOf: () => undefined }

const STANDARD_TYPES = [
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  LIST,
  MAP,
  NULL,
  OPTIONAL,
  STRING,
  TIMESTAMP,
  TYPE,
  UINT,
]

/** What an expression may refer to. Immutable: extending makes a new one, which shares what it did not change. */
export class Environment {
  readonly variables: ReadonlyMap<string, CelType>
  readonly functions: ReadonlyMap<string, FunctionDeclaration>
  readonly macros: ReadonlyMap<string, Macro>
  readonly types: ReadonlyMap<string, CelType>
  readonly structs: StructProvider

  private constructor(parts: Omit<Environment, 'withLibraries' | 'withVariables'>) {
    this.variables = parts.variables
    this.functions = parts.functions
    this.macros = parts.macros
    this.types = parts.types
    this.structs = parts.structs
  }

  static of(libraries: readonly Library[]): Environment {
    return new Environment({
      variables: new Map(),
      functions: new Map(),
      macros: new Map(),
      types: new Map(STANDARD_TYPES.map((type) => [type.name, type])),
      structs: NO_STRUCTS,
    }).withLibraries(libraries)
  }

  withLibraries(libraries: readonly Library[]): Environment {
    const functions = new Map(this.functions)
    const macros = new Map(this.macros)
    const types = new Map(this.types)
    for (const library of libraries) {
      for (const declaration of library.functions ?? []) {
        functions.set(declaration.name, merge(functions.get(declaration.name), declaration))
      }
      for (const macro of library.macros ?? []) macros.set(macroKey(macro.name, macro.argCount, macro.receiver), macro)
      for (const type of library.types ?? []) types.set(type.name, type)
    }
    return new Environment({ variables: this.variables, functions, macros, types, structs: this.structs })
  }

  withVariables(variables: Readonly<Record<string, CelType>>, structs: StructProvider = this.structs): Environment {
    return new Environment({
      functions: this.functions,
      macros: this.macros,
      types: this.types,
      variables: new Map([...this.variables, ...Object.entries(variables)]),
      structs,
    })
  }
}

function merge(known: FunctionDeclaration | undefined, added: FunctionDeclaration): FunctionDeclaration {
  if (known === undefined) return added
  return { ...known, ...added, overloads: [...known.overloads, ...added.overloads] }
}
