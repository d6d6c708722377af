/* A placeholder, of a version that no caller takes. */

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

EXPORTED int tokensphere_kernel_version(void);

int tokensphere_kernel_version(void) { return 0; }
