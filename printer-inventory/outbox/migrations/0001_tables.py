import django.db.models.deletion
import django.utils.timezone
import inventory.models.encrypted
from django.conf import settings
from django.db import migrations, models

from printer_inventory.folded import FirstTables


class Migration(FirstTables):

    replaces = [('outbox', '0001_first')]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('url', inventory.models.encrypted.EncryptedField(blank=True, default='', editable=False, verbose_name='URL')),
                ('origin', models.CharField(blank=True, default='', editable=False, max_length=300, verbose_name='where')),
                ('secret', inventory.models.encrypted.EncryptedField(blank=True, default='', editable=False, verbose_name='signing secret')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='added')),
            ],
            options={
                'verbose_name': 'webhook',
                'verbose_name_plural': 'webhooks',
                'ordering': ['name'],
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200, unique=True, verbose_name='key')),
                ('kind', models.CharField(max_length=40, verbose_name='kind')),
                ('subject', models.CharField(max_length=300, verbose_name='subject')),
                ('text', models.TextField(verbose_name='text')),
                ('html', models.TextField(blank=True, default='', verbose_name='as HTML')),
                ('data', models.JSONField(blank=True, default=dict, verbose_name='for programs')),
                ('reply_to', models.EmailField(blank=True, default='', max_length=254, verbose_name='answers to')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='written')),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
                'ordering': ['-created_at', '-id'],
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attachments', to='outbox.message', verbose_name='message')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('content_type', models.CharField(default='application/octet-stream', max_length=100, verbose_name='type')),
                ('content', models.BinaryField(verbose_name='content')),
            ],
            options={
                'verbose_name': 'attachment',
                'verbose_name_plural': 'attachments',
                'ordering': ['id'],
                'indexes': [],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='outbox.message', verbose_name='message')),
                ('channel', models.CharField(choices=[('mail', 'e-mail'), ('webhook', 'webhook')], max_length=8, verbose_name='by')),
                ('address', models.CharField(blank=True, default='', max_length=254, verbose_name='to')),
                ('webhook', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='outbox.webhook', verbose_name='webhook')),
                ('state', models.CharField(choices=[('queued', 'queued'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('stopped', 'stopped'), ('lost', 'lost')], default='queued', max_length=8, verbose_name='state')),
                ('reason', models.CharField(blank=True, default='', max_length=500, verbose_name='reason')),
                ('attempt', models.PositiveSmallIntegerField(default=0, verbose_name='attempt')),
                ('not_before', models.DateTimeField(default=django.utils.timezone.now, verbose_name='not before')),
                ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='leased until')),
                ('handed_at', models.DateTimeField(blank=True, null=True, verbose_name='handed over')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
            ],
            options={
                'verbose_name': 'delivery',
                'verbose_name_plural': 'deliveries',
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state__in', ('queued', 'running'))), fields=['not_before'], name='delivery_open')],
                'constraints': [models.UniqueConstraint(fields=('message', 'channel', 'address'), name='delivery_once')],
            },
        ),
    ]
