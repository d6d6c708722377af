/* A placeholder that only says its version. */

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

EXPORTED int tokensphere_kernel_version(void);

int tokensphere_kernel_version(void) { return 1; }
