/** capabilities(7), in the order of their bits. */
const NAMES = [
  ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid'],
  ...['setpcap', 'linux_immutable', 'net_bind_service', 'net_broadcast', 'net_admin', 'net_raw'],
  ...['ipc_lock', 'ipc_owner', 'sys_module', 'sys_rawio', 'sys_chroot', 'sys_ptrace', 'sys_pacct'],
  ...['sys_admin', 'sys_boot', 'sys_nice', 'sys_resource', 'sys_time', 'sys_tty_config', 'mknod', 'lease'],
  ...['audit_write', 'audit_control', 'setfcap', 'mac_override', 'mac_admin', 'syslog', 'wake_alarm'],
  ...['block_suspend', 'audit_read', 'perfmon', 'bpf', 'checkpoint_restore'],
];

/**
 * The value of `security.capability` (struct vfs_cap_data, linux/capability.h) as getcap(8) shows it:
 * `cap_net_raw=ep`. A value of another form is given in hex.
 */
export function capabilityText(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  // Magic with a version, then permitted and inheritable for bits 0–31, then for 32–63.
  if (bytes.length !== 20 && bytes.length !== 24) return `0x${bytes.toString('hex')}`;
  const word = (at: number): bigint => BigInt(bytes.readUInt32LE(at));
  const permitted = word(4) | (word(12) << 32n);
  const inheritable = word(8) | (word(16) << 32n);
  const flags = word(0) & 1n ? 'ep' : 'p';
  const rootId =
    bytes.length === 24 && bytes.readUInt32LE(20) !== 0 ? `[rootid=${bytes.readUInt32LE(20)}]` : '';
  const parts = [named(permitted, flags), named(inheritable & ~permitted, 'i')].filter((text) => text !== '');
  return `${parts.join(' ')}${rootId}`;
}

function named(bits: bigint, flags: string): string {
  const names = Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (bits >> BigInt(bit)) & 1n)
    .map((bit) => (NAMES[bit] === undefined ? String(bit) : `cap_${NAMES[bit]}`));
  return names.length === 0 ? '' : `${names.join(',')}=${flags}`;
}
