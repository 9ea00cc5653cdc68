# One recipe for every system: `docker build --build-arg SYSTEM=printer-inventory .`
# Parsed by tools/tests/test_deploy.py, not run: our machines have no Docker.
FROM python:3.11-slim
ARG SYSTEM
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 VIRTUAL_ENV=/app/.venv PATH=/app/.venv/bin:$PATH
RUN apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core make git \
    && rm -rf /var/lib/apt/lists/* && useradd --create-home --uid 10001 app
WORKDIR /app
COPY . .
RUN python3 tools/bootstrap.py && mkdir -p /app/$SYSTEM/.local/media && chown -R app /app/$SYSTEM
WORKDIR /app/$SYSTEM
RUN if [ -f manage.py ]; then SECRET_KEY=only-for-collecting-files-0123456789012345678901234567 DEBUG=False python manage.py collectstatic --noinput; fi
USER app
