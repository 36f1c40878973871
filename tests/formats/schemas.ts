/**
 * JSON schemas of what VMMs and Kata's agent read, in our own words, as far as
 * the network goes. Debian has none of their programs.
 */
import { Ajv } from "ajv";
import { assertEquals } from "@std/assert";

const text = { type: "string", minLength: 1 };
const mac = {
  type: "string",
  pattern: "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$",
};

function object(
  required: readonly string[],
  properties: Readonly<Record<string, unknown>>,
) {
  return { type: "object", additionalProperties: false, required, properties };
}

/**
 * Source: firecracker-microvm/firecracker, src/firecracker/swagger/firecracker.yaml
 * at 004d935399ba: FullVmConfiguration, NetworkInterface, and BootSource without
 * its kernel, which is not ours to name. Before 1.16 there was no `mtu`.
 * Members that it does not know are refused (serde's deny_unknown_fields in
 * src/vmm/src/vmm_config/net.rs); ids are of letters, digits and `_`.
 */
function firecrackerConfig(takesMtu: boolean): object {
  return object(["network-interfaces"], {
    "boot-source": object(["boot_args"], { boot_args: text }),
    "network-interfaces": {
      type: "array",
      items: object(["iface_id", "host_dev_name"], {
        iface_id: { type: "string", pattern: "^[A-Za-z0-9_]{1,64}$" },
        host_dev_name: text,
        guest_mac: mac,
        ...(takesMtu && {
          mtu: { type: "integer", minimum: 68, maximum: 65535 },
        }),
      }),
    },
  });
}

/** Firecracker's, as far as the network goes: 1.16 and later, and before. */
export const FIRECRACKER_CONFIG = {
  withMtu: firecrackerConfig(true),
  withoutMtu: firecrackerConfig(false),
} as const;

/**
 * Source: cloud-hypervisor/cloud-hypervisor,
 * vmm/src/api/openapi/cloud-hypervisor.yaml at 00f68228812d: VmConfig.net and
 * NetConfig; `mtu` is an u16 of at least MIN_MTU (vmm/src/config.rs).
 * `ip`, `mask` and `host_mac` are for the host's side: none of ours.
 */
export const CLOUD_HYPERVISOR = object(["net"], {
  net: {
    type: "array",
    items: object([], {
      id: { type: "string", pattern: "^[^_]" },
      tap: text,
      mac,
      mtu: { type: "integer", minimum: 1280, maximum: 65535 },
    }),
  },
});

/** IPFamily: v4, v6; numbers are what its readers of JSON take. */
const family = { enum: [0, 1] };

/**
 * Source: kata-containers/kata-containers, src/libs/protocols/protos/agent.proto
 * at 74a17f96f46b (UpdateInterfaceRequest) and types.proto at d4dccb49008e
 * (Interface, IPAddress).
 */
export const KATA_UPDATE_INTERFACE = object(["interface"], {
  interface: object(["device", "name", "IPAddresses", "mtu", "hwAddr"], {
    device: text,
    name: text,
    IPAddresses: {
      type: "array",
      items: object(["family", "address", "mask"], {
        family,
        address: text,
        mask: { type: "string", pattern: "^[0-9]{1,3}$" },
      }),
    },
    mtu: { type: "integer", minimum: 68, maximum: 65535 },
    hwAddr: mac,
  }),
});

/** Source: the same: UpdateRoutesRequest, Routes and Route. */
export const KATA_UPDATE_ROUTES = object(["routes"], {
  routes: object(["Routes"], {
    Routes: {
      type: "array",
      items: object(["dest", "device", "family"], {
        dest: text,
        gateway: text,
        device: text,
        scope: { type: "integer", minimum: 0, maximum: 255 },
        family,
      }),
    },
  }),
});

const ajv = new Ajv({ strict: true });

/** Asserts that a value is as a schema says. */
export function assertFits(schema: object, value: unknown): void {
  ajv.validate(schema, value);
  assertEquals(ajv.errors, null);
}
