export interface NamedCapability {
  readonly name: string;
}

/** One service's implementation of a capability, returned from its `start`. */
export interface Offer {
  readonly capability: NamedCapability;
  /** @param cloud identifies one running local cloud; a process may hold several */
  provideTo(cloud: object): void;
}

/** Something that a service can do for others inside the process, beyond its AWS API. */
export interface Capability<Arguments extends unknown[], Result> extends NamedCapability {
  offer(perform: (...args: Arguments) => Result): Offer;
  /** @returns a function that fails until the capability has been offered */
  in(cloud: object): (...args: Arguments) => Result;
}

/** Declares a capability. The service that offers it keeps the declaration in its folder. */
export function capability<Arguments extends unknown[], Result>(name: string): Capability<Arguments, Result> {
  const offers = new WeakMap<object, (...args: Arguments) => Result>();
  const declared: Capability<Arguments, Result> = {
    name,
    offer: perform => ({
      capability: declared,
      provideTo: cloud => void offers.set(cloud, perform),
    }),
    // Looked up at the call: the service that offers it may start later.
    in:
      cloud =>
      (...args) => {
        const perform = offers.get(cloud);
        if (perform === undefined) throw new Error(`No service has offered ${name} yet`);
        return perform(...args);
      },
  };
  return declared;
}
