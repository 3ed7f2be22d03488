/**
 * System calls that no maintainer script needs and that lead out of its sandbox: namespaces and mounts, in
 * which more of the host can be seen than was mounted; handles of files, keyrings, the kernel's log, its modules and
 * programs, and interfaces whose faults have been ways to root. Docker's default profile refuses the same.
 */

/** The ways to call the kernel, as seccomp(2) identifies them: `AUDIT_ARCH_*` of linux/audit.h. */
export const ABIS = {
  x64: [0xc000003e],
  i386: [0x40000003],
  arm: [0x40000028],
  // Also loongarch64, riscv64 and its 32 bits.
  generic: [0xc00000b7, 0xc0000102, 0xc00000f3, 0x400000f3],
  s390x: [0x80000016],
  s390: [0x00000016],
  // Also its 32 bits.
  ppc64le: [0xc0000015, 0x40000014],
} as const;

export type Abi = keyof typeof ABIS;

/** A number for each, in the order of ABIS; null where that one lacks the call. */
export type Numbers = readonly (number | null)[];

const everywhere = (number: number): Numbers => Object.keys(ABIS).map(() => number);

/** From the asm/unistd.h of each. */
export const REFUSED: Readonly<Record<string, Numbers>> = {
  mount: [165, 21, 21, 40, 21, 21, 21],
  umount: [null, 22, null, null, 22, 22, 22],
  umount2: [166, 52, 52, 39, 52, 52, 52],
  pivot_root: [155, 217, 218, 41, 217, 217, 203],
  open_tree: everywhere(428),
  move_mount: everywhere(429),
  fsopen: everywhere(430),
  fsconfig: everywhere(431),
  fsmount: everywhere(432),
  fspick: everywhere(433),
  mount_setattr: everywhere(442),
  open_tree_attr: everywhere(467),
  setns: [308, 346, 375, 268, 339, 339, 350],
  open_by_handle_at: [304, 342, 371, 265, 336, 336, 346],
  add_key: [248, 286, 309, 217, 278, 278, 269],
  request_key: [249, 287, 310, 218, 279, 279, 270],
  keyctl: [250, 288, 311, 219, 280, 280, 271],
  syslog: [103, 103, 103, 116, 103, 103, 103],
  bpf: [321, 357, 386, 280, 351, 351, 361],
  perf_event_open: [298, 336, 364, 241, 331, 331, 319],
  userfaultfd: [323, 374, 388, 282, 355, 355, 364],
  // Without a ring of its own a script has no use for the calls that take one, and the loop of Node 22 and later,
  // whose ring is older than the filter, ends the process where they are refused.
  io_uring_setup: everywhere(425),
  // Would lend that ring.
  pidfd_getfd: everywhere(438),
  kexec_load: [246, 283, 347, 104, 277, 277, 268],
  kexec_file_load: [320, null, 401, 294, 381, 381, 382],
  create_module: [174, 127, null, null, 127, 127, 127],
  init_module: [175, 128, 128, 105, 128, 128, 128],
  finit_module: [313, 350, 379, 273, 344, 344, 353],
  delete_module: [176, 129, 129, 106, 129, 129, 129],
  acct: [163, 51, 51, 89, 51, 51, 51],
  swapon: [167, 87, 87, 224, 87, 87, 87],
  swapoff: [168, 115, 115, 225, 115, 115, 115],
  reboot: [169, 88, 88, 142, 88, 88, 88],
  quotactl: [179, 131, 131, 60, 131, 131, 131],
  quotactl_fd: everywhere(443),
  lookup_dcookie: [212, 253, 249, 18, 110, 110, 235],
  nfsservctl: [180, 169, 169, 42, 169, 169, 168],
  iopl: [172, 110, null, null, null, null, 110],
  ioperm: [173, 101, null, null, null, 101, 101],
};

/** Calls that reach other processes, refused where no namespace hides those of the host. */
export const REFUSED_AMONG_OTHERS: Readonly<Record<string, Numbers>> = {
  ptrace: [101, 26, 26, 117, 26, 26, 26],
  process_vm_readv: [310, 347, 376, 270, 340, 340, 351],
  process_vm_writev: [311, 348, 377, 271, 341, 341, 352],
};

/** Calls that are judged by an argument. */
export const JUDGED = {
  unshare: [272, 310, 337, 97, 303, 303, 282],
  clone: [56, 120, 120, 220, 120, 120, 120],
  clone3: everywhere(435),
  socket: [41, 359, 281, 198, 359, 359, 326],
  socketcall: [null, 102, null, null, 102, 102, 102],
} as const satisfies Readonly<Record<string, Numbers>>;
