/**
 * Prototypes of libc. A handle on libnl-route finds these functions, too.
 *
 * Pointers that C returns are numbers here (`usize`): Deno's functions for
 * pointers need `--allow-ffi` without limits. No function is `nonblocking`: that
 * starts a thread, and one that starts in another namespace stays there.
 */
export const LIBC = {
  /** `int open(const char *path, int flags, mode_t mode)` */
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  /** `int close(int fd)` */
  close: { parameters: ["i32"], result: "i32" },
  /** `ssize_t read(int fd, void *buf, size_t count)` */
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  /** `int fcntl(int fd, int op, int arg)` */
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  /** `int flock(int fd, int operation)` */
  flock: { parameters: ["i32", "i32"], result: "i32" },
  /** `int ioctl(int fd, unsigned long request, void *arg)` */
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  /** `int ioctl(int fd, unsigned long request, unsigned long arg)` */
  ioctl_value: {
    name: "ioctl",
    parameters: ["i32", "u64", "usize"],
    result: "i32",
  },

  /** `int statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *buf)`; since glibc 2.28, musl 1.2.5 */
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
    optional: true,
  },
  /** `int statfs(const char *path, struct statfs *buf)` */
  statfs: { parameters: ["buffer", "buffer"], result: "i32" },
  /** `int linkat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, int flags)` */
  linkat: {
    parameters: ["i32", "buffer", "i32", "buffer", "i32"],
    result: "i32",
  },
  /** `int mkdir(const char *path, mode_t mode)` */
  mkdir: { parameters: ["buffer", "u32"], result: "i32" },
  /** `int unlink(const char *path)` */
  unlink: { parameters: ["buffer"], result: "i32" },
  /** `ssize_t readlink(const char *path, char *buf, size_t bufsiz)` */
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
  /** `DIR *opendir(const char *name)` */
  opendir: { parameters: ["buffer"], result: "usize" },
  /** `struct dirent *readdir(DIR *dirp)` */
  readdir: { parameters: ["usize"], result: "usize" },
  /** `int closedir(DIR *dirp)` */
  closedir: { parameters: ["usize"], result: "i32" },
  /** `int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)` */
  mount: {
    parameters: ["buffer", "buffer", "buffer", "u64", "buffer"],
    result: "i32",
  },
  /** `int umount2(const char *target, int flags)` */
  umount2: { parameters: ["buffer", "i32"], result: "i32" },

  /** `int setns(int fd, int nstype)` */
  setns: { parameters: ["i32", "i32"], result: "i32" },
  /** `int unshare(int flags)` */
  unshare: { parameters: ["i32"], result: "i32" },
  /** `int socket(int domain, int type, int protocol)` */
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  /** `int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen)` */
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },

  /** `uid_t geteuid(void)` */
  geteuid: { parameters: [], result: "u32" },
  /** `gid_t getegid(void)` */
  getegid: { parameters: [], result: "u32" },
  /** `int capget(cap_user_header_t hdrp, cap_user_data_t datap)` */
  capget: { parameters: ["buffer", "buffer"], result: "i32" },
  /** `int kill(pid_t pid, int sig)` */
  kill: { parameters: ["i32", "i32"], result: "i32" },
  /** `int waitid(idtype_t idtype, id_t id, siginfo_t *infop, int options)` */
  waitid: { parameters: ["i32", "u32", "buffer", "i32"], result: "i32" },
  /** `void _exit(int status)` */
  _exit: { parameters: ["i32"], result: "void" },
  /** `int uname(struct utsname *buf)` */
  uname: { parameters: ["buffer"], result: "i32" },

  /** `int *__errno_location(void)` */
  __errno_location: { parameters: [], result: "usize" },
  /** `void *memcpy(void *dest, const void *src, size_t n)` */
  memcpy: { parameters: ["buffer", "usize", "usize"], result: "usize" },
  /** `size_t strlen(const char *s)` */
  strlen: { parameters: ["usize"], result: "usize" },
  /** `const char *gnu_get_libc_version(void)`; only in glibc */
  gnu_get_libc_version: { parameters: [], result: "usize", optional: true },
  /** `void *dlopen(const char *filename, int flags)`; in libc since glibc 2.34 */
  dlopen: { parameters: ["buffer", "i32"], result: "usize", optional: true },
  /** `int dlinfo(void *handle, int request, void *info)`; in libc since glibc 2.34 */
  dlinfo: {
    parameters: ["usize", "i32", "buffer"],
    result: "i32",
    optional: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** libc's functions, ready to be called. */
export type Libc = Deno.StaticForeignLibraryInterface<typeof LIBC>;

/**
 * Functions that are called while the thread is in another namespace. They are
 * made callable when the library is loaded: nothing is loaded in there.
 */
export const CALLED_INSIDE: readonly (keyof Libc)[] = [
  "setns",
  "socket",
  "open",
  "__errno_location",
  "memcpy",
  "_exit",
];
