// SPDX-License-Identifier: Apache-2.0

// Code generated from include/sabir by bindings/generate/go.py. DO NOT EDIT.

package raw

const (
	OVERFLOW_REJECT             uint32 = 0
	OVERFLOW_BLOCK              uint32 = 1
	MAILBOX_CAPACITY_DEFAULT    uint32 = 65536
	UNBOUNDED                   uint32 = 4294967295
	FOREVER                     uint64 = 18446744073709551615
	KIND_MESSAGE                int32  = 0
	KIND_REPLY                  int32  = 1
	KIND_FAILURE                int32  = 2
	PAYLOAD_ALIGNMENT           uint32 = 16
	CAUSE_ANY                   int32  = 0
	CAUSE_STOPPED               int32  = 1
	CAUSE_KILLED                int32  = 2
	CAUSE_CRASHED               int32  = 3
	CAUSE_UNHANDLED             int32  = 4
	CAUSE_START_FAILED          int32  = 5
	CAUSE_SHUTDOWN              int32  = 6
	CAUSE_PORT_CLOSED           int32  = 7
	CAUSE_LATE_REPLY            int32  = 8
	EXECUTOR_ARENA              uint32 = 0
	EXECUTOR_THREADS            uint32 = 1
	EXIT_NORMAL                 int32  = 0
	EXIT_STOPPED                int32  = 1
	EXIT_KILLED                 int32  = 2
	EXIT_CRASHED                int32  = 3
	EXIT_START_FAILED           int32  = 4
	EXIT_SHUTDOWN               int32  = 5
	LOG_DEBUG                   int32  = 1
	LOG_INFO                    int32  = 2
	LOG_WARNING                 int32  = 3
	LOG_ERROR                   int32  = 4
	LOG_OFF                     int32  = 5
	OK                          Status = 0
	E_INVALID                   Status = -1
	E_NOMEM                     Status = -2
	E_LIMIT                     Status = -3
	E_HANDLE                    Status = -4
	E_CLOSED                    Status = -5
	E_DEAD                      Status = -6
	E_NO_ACTOR                  Status = -7
	E_FOREIGN                   Status = -8
	E_MAILBOX_FULL              Status = -9
	E_TOO_BIG                   Status = -10
	E_TIMEOUT                   Status = -11
	E_CANCELLED                 Status = -12
	E_UNHANDLED                 Status = -13
	E_UNANSWERED                Status = -14
	E_CRASHED                   Status = -15
	E_BORROWED                  Status = -16
	E_WOULD_DEADLOCK            Status = -17
	E_FORKED                    Status = -18
	E_ABI                       Status = -19
	E_OPTION                    Status = -20
	E_CONTEXT                   Status = -21
	E_NO_ASK                    Status = -22
	E_BUSY                      Status = -23
	E_WOKEN                     Status = -24
	E_SURVIVORS                 Status = -25
	E_EXCEPTION                 Status = -26
	E_SYSTEM                    Status = -27
	SYSTEMS_MAX                 uint32 = 1023
	WORKERS_MAX                 uint32 = 256
	MAX_ACTORS_DEFAULT          uint32 = 67108863
	RUN_BATCH_DEFAULT           uint32 = 4096
	ASKS_MAX                    uint32 = 16777215
	MESSAGE_SIZE_LIMIT_DEFAULT  uint64 = 1073741824
	SHUTDOWN_TIMEOUT_DEFAULT_NS uint64 = 5000000000
	ASK_TIMEOUT_DEFAULT_NS      uint64 = 5000000000
	VERSION_MAJOR               uint32 = 0
	VERSION_MINOR               uint32 = 1
	VERSION_PATCH               uint32 = 0
	ABI_VERSION                 uint32 = 1
)
