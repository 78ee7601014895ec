"""Every setting that the environment may have, once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One name that the environment may set; `default` as the README's table shows it."""

    name: str
    default: str
    description: str
    secret: bool = False
    """Never shown; `<name>_FILE` may name a file that holds it instead."""


SETTINGS = (
    Setting(
        name="ASSAY_HOME",
        default="./var",
        description="Folder of the embedded database, blobs and keys; `:memory:` keeps nothing.",
    ),
    Setting(name="ASSAY_HOST", default="127.0.0.1", description="Address to listen on."),
    Setting(name="ASSAY_PORT", default="8000", description="Port to listen on; 0 is a free one."),
    Setting(
        name="ASSAY_PUBLIC_URL",
        default="",
        description="The address that clients see, where it is another (behind a proxy).",
    ),
    Setting(
        name="ASSAY_ADMIN_EMAIL",
        default="",
        description="With ASSAY_ADMIN_PASSWORD: the first admin, made at start if there is none.",
    ),
    Setting(
        name="ASSAY_ADMIN_PASSWORD",
        default="",
        description="See ASSAY_ADMIN_EMAIL; 10 to 128 characters.",
        secret=True,
    ),
    Setting(
        name="ASSAY_RATE_LIMITS",
        default="on",
        description="`off` lifts the rate limits, for a load test.",
    ),
    Setting(
        name="ASSAY_TRUSTED_PROXIES",
        default="",
        description="Addresses or networks, comma separated, whose X-Forwarded-For is believed.",
    ),
    Setting(
        name="ASSAY_JUDGE_SLOTS",
        default="",
        description="Programs judged at once; empty means one for each core.",
    ),
    Setting(
        name="MYSQL_URI",
        default="",
        description="`mysql://user:password@host/database`; empty means SQLite in ASSAY_HOME.",
        secret=True,
    ),
    Setting(
        name="MONGO_URI",
        default="",
        description="`mongodb://host:27017/`, database `assay` unless named; empty means where "
        "users and challenges are.",
        secret=True,
    ),
    Setting(
        name="AWS_BUCKET_NAME",
        default="",
        description="Bucket of hidden test data; empty means a folder in ASSAY_HOME.",
    ),
    Setting(name="AWS_ACCESS_KEY", default="", description="See AWS_BUCKET_NAME.", secret=True),
    Setting(name="AWS_SECRET_KEY", default="", description="See AWS_BUCKET_NAME.", secret=True),
    Setting(name="AWS_REGION", default="us-east-1", description="See AWS_BUCKET_NAME."),
    Setting(
        name="AWS_ENDPOINT_URL",
        default="",
        description="Address of another S3-compatible service than Amazon's.",
    ),
    Setting(
        name="REDIS_URL",
        default="",
        description="`redis://host:6379/0`: rate limits, live events, and the queue unless another "
        "is named; empty means in the server's process.",
        secret=True,
    ),
    Setting(
        name="RABBITMQ_URL",
        default="",
        description="`amqp://user:password@host/`: the queue, in place of Redis.",
        secret=True,
    ),
    Setting(
        name="KAFKA_BROKER_URL",
        default="",
        description="`host:9092`, several comma separated: the queue, before all others.",
    ),
    Setting(name="KAFKA_TOPIC", default="assay", description="Topic of the queue on Kafka."),
    Setting(
        name="JUDGE0_URL",
        default="",
        description="Address of a Judge0 that judges; empty means the sandbox of this machine.",
    ),
    Setting(
        name="JUDGE0_API_KEY",
        default="",
        description="Its token, or the key for RapidAPI.",
        secret=True,
    ),
    Setting(
        name="ASSAY_SHARED_HOME",
        default="off",
        description="`on`: ASSAY_HOME is one folder for servers and workers, so that a remote "
        "queue may go with a database or blobs in it.",
    ),
    Setting(
        name="ASSAY_BLOB_CACHE_MIB",
        default="2048",
        description="Room for test data from S3 in ASSAY_HOME; 0 keeps none.",
    ),
    Setting(
        name="ASSAY_COMPILE_CACHE_MIB",
        default="256",
        description="Room for compiled programs in ASSAY_HOME, so that a rejudge does not compile "
        "again; 0 keeps none.",
    ),
    Setting(
        name="ASSAY_WORKER_METRICS_PORT",
        default="0",
        description="Port where `assay worker` shows /metrics; 0 is none.",
    ),
    Setting(
        name="ASSAY_WORKER_METRICS_HOST",
        default="127.0.0.1",
        description="Address of that port; off loopback only with ASSAY_METRICS_TOKEN.",
    ),
    Setting(
        name="ASSAY_JUDGE_SERVER_HOST",
        default="127.0.0.1",
        description="Address of `assay judge-server`; off loopback only with tokens.",
    ),
    Setting(
        name="ASSAY_JUDGE_SERVER_PORT", default="2358", description="Its port; 0 is a free one."
    ),
    Setting(
        name="ASSAY_JUDGE_SERVER_TOKENS",
        default="",
        description="What clients send as X-Auth-Token, several with blanks between them; empty "
        "admits everyone.",
        secret=True,
    ),
    Setting(
        name="ASSAY_JUDGE_SERVER_ADMIN_TOKENS",
        default="",
        description="What those who may list and delete submissions send as X-Auth-User; empty "
        "means nobody.",
        secret=True,
    ),
    Setting(
        name="ASSAY_JUDGE_SERVER_TOKEN_ANYWHERE",
        default="on",
        description="`off`: both are read from headers alone, and not from queries and bodies.",
    ),
    Setting(
        name="ASSAY_JUDGE_SERVER_CONFIG",
        default="",
        description="Judge0's own settings by their names in /config_info, comma separated: "
        "`max_queue_size=500,enable_submission_delete=true`.",
    ),
    Setting(
        name="ASSAY_JUDGE_SERVER_CALLBACK_NETWORKS",
        default="",
        description="Addresses or networks, comma separated, that callbacks may go to although "
        "they are not public.",
    ),
    Setting(
        name="ASSAY_JUDGE_SERVER_KEEP_HOURS",
        default="24",
        description="How long finished submissions are kept.",
    ),
    Setting(
        name="ASSAY_JUDGE_SERVER_KEEP",
        default="100000",
        description="How many finished submissions are kept.",
    ),
    Setting(
        name="OTEL_EXPORTER_OTLP_ENDPOINT",
        default="",
        description="Where traces go (OTLP over HTTP); empty means that there are none.",
    ),
    Setting(
        name="ASSAY_LANGUAGES",
        default="",
        description="Languages offered, comma separated; empty means all that this machine runs.",
    ),
    Setting(
        name="ASSAY_ALLOW_WEAK_SANDBOX",
        default="off",
        description="`on` judges without cgroups also where the server is not on loopback.",
    ),
    Setting(
        name="ASSAY_METRICS_TOKEN",
        default="",
        description="Bearer token for /metrics from elsewhere than loopback, of workers too.",
        secret=True,
    ),
    Setting(
        name="SECRET_KEY",
        default="",
        description="At least 32 bytes; empty means one is made and kept in ASSAY_HOME.",
        secret=True,
    ),
)
"""Every setting that this version has."""
