import { z } from 'zod';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../kernel/aws-api.ts';
import { customResourceText } from './custom-resource.ts';
import { type Identity, type ResourceTypes, refOnly } from './resource.ts';

/** A resource as the template writes it. */
export interface Definition {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface ResolverOptions {
  readonly stackName: string;
  /** ARN of the stack. */
  readonly stackId: string;
  /** Values of the template's parameters. @default none */
  readonly parameters?: Readonly<Record<string, string>>;
  /** URL of the AWS APIs. */
  readonly endpoint: string;
  readonly types: ResourceTypes;
}

/** The argument of `Fn::Sub`, with or without variables of its own. */
const SubArgument = z.union([
  z.string().transform((text): [string, Record<string, unknown>] => [text, {}]),
  z.tuple([z.string(), z.record(z.string(), z.unknown())]),
]);

/** Whether a function of the template makes resources of a type, rather than a service. */
export function isCustomType(type: string, types: ResourceTypes): boolean {
  return type.startsWith('Custom::') && !(type in types);
}

/** Resolves the intrinsic functions of one template for the local account. */
export class Resolver {
  readonly #definitions: Readonly<Record<string, Definition>>;
  readonly #options: ResolverOptions;
  readonly #pseudoParameters: Readonly<Record<string, string>>;
  readonly #identities = new Map<string, Identity>();
  readonly #beingNamed = new Set<string>();

  constructor(definitions: Readonly<Record<string, Definition>>, options: ResolverOptions) {
    this.#definitions = definitions;
    this.#options = options;
    this.#pseudoParameters = {
      ...options.parameters,
      'AWS::AccountId': LOCAL_ACCOUNT,
      'AWS::Partition': 'aws',
      'AWS::Region': LOCAL_REGION,
      'AWS::StackName': options.stackName,
      'AWS::StackId': options.stackId,
      'AWS::URLSuffix': 'amazonaws.com',
    };
  }

  /** @throws Error for an unknown type, or for names that depend on each other */
  identity(logicalId: string): Identity {
    const known = this.#identities.get(logicalId);
    if (known !== undefined) return known;
    const definition = this.#definitions[logicalId];
    if (definition === undefined) throw new Error(`The template has no resource ${logicalId}`);
    if (this.#beingNamed.has(logicalId)) {
      const circle = [...this.#beingNamed, logicalId].join(' → ');
      throw new Error(`Names refer to each other in a circle: ${circle}`);
    }
    this.#beingNamed.add(logicalId);
    const made = this.#nameResource(logicalId, definition);
    this.#beingNamed.delete(logicalId);
    this.#identities.set(logicalId, made);
    return made;
  }

  /** @param where named in errors */
  value(node: unknown, where: string): unknown {
    if (Array.isArray(node)) return node.map(entry => this.value(entry, where));
    if (node === null || typeof node !== 'object') return node;
    const [[name, argument] = ['', undefined], ...others] = Object.entries(node);
    if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::')))
      return this.#intrinsic(name, argument, where);
    return this.record(node, where);
  }

  record(node: object, where: string): Record<string, unknown> {
    return Object.fromEntries(Object.entries(node).map(([name, entry]) => [name, this.value(entry, where)]));
  }

  #nameResource(logicalId: string, { Type, Properties }: Definition): Identity {
    const { stackName, endpoint, types } = this.#options;
    const resourceType = types[Type];
    if (resourceType === undefined) {
      if (isCustomType(Type, types)) return refOnly(customResourceText(stackName, logicalId));
      throw new Error(`${logicalId}: the local cloud does not know ${Type}`);
    }
    const property = (name: string) => this.value(Properties[name], logicalId);
    const name = `${stackName}-${logicalId}`;
    const named = (nameProperty: string) => String(property(nameProperty) ?? name);
    return resourceType.identity({ stackName, logicalId, name, endpoint, property, named });
  }

  #ref(name: string, where: string): string {
    return this.#pseudoParameters[name] ?? this.identity(this.#existing(name, where)).ref;
  }

  #existing(logicalId: string, where: string): string {
    if (logicalId in this.#definitions) return logicalId;
    throw new Error(`${where} refers to ${logicalId}, which the template does not define`);
  }

  #getAtt(logicalId: string, attribute: string, where: string): string {
    const found = this.identity(this.#existing(logicalId, where)).attributes[attribute];
    if (found !== undefined) return found;
    const type = this.#definitions[logicalId]?.Type ?? '';
    const { stackName, types } = this.#options;
    if (isCustomType(type, types)) return customResourceText(stackName, logicalId, attribute);
    throw new Error(`${where}: attribute ${attribute} of ${logicalId} (${type}) is not emulated`);
  }

  #intrinsic(name: string, argument: unknown, where: string): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument), where);
      case 'Fn::GetAtt': {
        const [logicalId, attribute] = z.tuple([z.string(), z.string()]).parse(argument);
        return this.#getAtt(logicalId, attribute, where);
      }
      case 'Fn::Join': {
        const [separator, parts] = z.tuple([z.string(), z.array(z.unknown())]).parse(argument);
        return parts.map(part => this.value(part, where)).join(separator);
      }
      case 'Fn::Sub':
        return this.#substitute(argument, where);
      case 'Fn::Select': {
        const [index, list] = z.tuple([z.coerce.number(), z.unknown()]).parse(argument);
        return z.array(z.unknown()).parse(this.value(list, where))[index];
      }
      case 'Fn::Split': {
        const [separator, text] = z.tuple([z.string(), z.unknown()]).parse(argument);
        return String(this.value(text, where)).split(separator);
      }
      default:
        throw new Error(`${where}: the function ${name} is not emulated`);
    }
  }

  /** `${!Literal}` stands for `${Literal}`. */
  #substitute(argument: unknown, where: string): string {
    const [text, variables] = SubArgument.parse(argument);
    return text.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (name in variables) return String(this.value(variables[name], where));
      const [logicalId = '', attribute] = name.split(/\.(.*)/);
      return attribute === undefined
        ? this.#ref(logicalId, where)
        : this.#getAtt(logicalId, attribute, where);
    });
  }
}
