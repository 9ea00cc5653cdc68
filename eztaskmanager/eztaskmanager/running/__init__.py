"""One child process per run: started from a clean fork server, watched by a supervisor.

The supervisor (an `ezworker`, or the process RQ or Celery gave us) holds the database
connection. The fork server holds the imported project and no connection; it forks the
children and collects their exit status. A child runs one command and ends.
"""
