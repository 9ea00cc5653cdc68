"""How orders are produced: where pictures lie, what may be spent, who is asked."""

from datetime import timedelta

from art_factory.settings.environment import BASE_DIR, env

# Workers start by themselves inside the web server; a machine with `run_worker` processes switches that off.
AUTO_WORKERS = env.bool("AUTO_WORKERS", default=True)
# Maintenance that is due is run by a process that the web server starts; where an `ezworker` runs, that is not needed.
AUTO_UPKEEP = env.bool("AUTO_UPKEEP", default=True)
WORKER_THREADS = env.int("WORKER_THREADS", default=3)
LEASE = timedelta(seconds=env.int("LEASE_SECONDS", default=60))
MAX_ATTEMPTS = env.int("MAX_ATTEMPTS", default=3)

# More combinations than the first are cut unless an order says otherwise; more than the second never.
ORDER_ITEMS_DEFAULT = env.int("ORDER_ITEMS_DEFAULT", default=100)
ORDER_ITEMS_HARD = env.int("ORDER_ITEMS_HARD", default=1000)

# Pictures that are taken along say inside how they were made: prompt, parameters, machine. A single download may differ.
EMBED_METADATA = env.bool("EMBED_METADATA", default=True)

# Where `backup` writes, outside the store. The nightly one keeps the last seven.
BACKUP_ROOT = env.str("BACKUP_ROOT", default=str(BASE_DIR / "backups"))

# Keys of the providers; the settings page stores them encrypted when they are not given here.
KEY_FILE = env.str("KEY_FILE", default=str(BASE_DIR / "art-factory.key"))
FAL_KEY = env.str("FAL_KEY", default="")
REPLICATE_API_TOKEN = env.str("REPLICATE_API_TOKEN", default="")
CIVITAI_API_KEY = env.str("CIVITAI_API_KEY", default="") or env.str("CIVITAI_API_TOKEN", default="")

# Where the providers are; another address is for a stand-in or a proxy.
FAL_QUEUE_URL = env.str("FAL_QUEUE_URL", default="https://queue.fal.run")
FAL_API_URL = env.str("FAL_API_URL", default="https://api.fal.ai")
REPLICATE_BASE_URL = env.str("REPLICATE_BASE_URL", default="https://api.replicate.com")
CIVITAI_URL = env.str("CIVITAI_URL", default="https://orchestration.civitai.com")
COMFYUI_URL = env.str("COMFYUI_URL", default="")
# Hosts and networks that a provider's results may be fetched from, besides the providers' own.
RESULT_HOSTS = env.list("RESULT_HOSTS", default=[])
PROVIDER_NETWORKS = env.list("PROVIDER_NETWORKS", default=[])
